"""The emulated link between the measured client and the room: a pure core and a relay."""

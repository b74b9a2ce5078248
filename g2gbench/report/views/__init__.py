"""What each part of a report shows, before any form of it."""

"""Subscriptions to the worker's track, held back until the client has published its own."""

from __future__ import annotations

from livekit import rtc


class SubscriptionGate:
    """Lets nobody subscribe to what ``participant`` publishes before it is opened.

    The SDK sends black pictures from the moment that a track is published until it is given a
    frame. To a client that subscribes to everything they come while it negotiates its own track,
    and such a client may never be handed a frame. The worker cannot publish later instead: it
    would negotiate while it receives, and may lose its own input. So it publishes at once, and is
    shown when the client's track is announced. The server has answered the offer of that track by
    then, and to receive, the client has to offer again, which it cannot before it has the answer.
    """

    def __init__(self, participant: rtc.LocalParticipant) -> None:
        self._participant = participant
        self._open = False
        participant.set_track_subscription_permissions(allow_all_participants=False)

    def open(self) -> None:
        """Whoever wants may subscribe from now on; more than once is as good as once."""
        if not self._open:
            self._open = True
            self._participant.set_track_subscription_permissions(allow_all_participants=True)

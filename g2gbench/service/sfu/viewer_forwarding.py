"""Carries publishers' packets to viewers, and the viewers' wishes back.

Nothing here is waited for by the two publishers: their packets have gone to each other before.
What a viewer has lost it is given from what the room keeps, so no publisher sends it again to
everybody. What the room itself never had its partner asks for, and viewers get it with the partner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from g2gbench.service.sfu import endpoint, packets, rtcp_feedback
from g2gbench.service.sfu.participants import Forwarding, Participant
from g2gbench.service.sfu.peer_transport import PeerTransport


class ViewerForwarding:
    """The viewers' side of a room.

    Args:
        seats: everybody's, kept up to date by the room.
        counts: what happened, by name.

    """

    def __init__(self, seats: Mapping[Participant, PeerTransport], counts: Counter[str]) -> None:
        self._seats = seats
        self._counts = counts
        self._key_frames = rtcp_feedback.KeyFrames()

    def forward(self, publisher: Participant, media: endpoint.Media, now_ns: int) -> None:
        """Hand one packet of a publisher to each viewer that is shown its stream."""
        ssrc = 0 if media.is_rtcp else packets.ssrc(media.data)
        for forwarding in publisher.viewers:
            if media.is_rtcp:
                packet = rtcp_feedback.for_viewer(media.data, forwarding.ssrcs)
                if packet:
                    self._send(forwarding.to, packet, is_rtcp=True)
            elif (
                ssrc in forwarding.ssrcs
                and self._send_on(forwarding, media.data)
                and ssrc not in forwarding.begun
            ):
                # Its SDK may be waiting for a picture without a word.
                forwarding.begun.add(ssrc)
                self._ask(publisher, ssrc, now_ns)

    def handle_feedback(self, viewer: Participant, media: endpoint.Media, now_ns: int) -> None:
        """See to what a viewer asks for; it has no other say, and nothing to show."""
        if not media.is_rtcp:
            self._counts["sent_by_viewers"] += 1
            return
        for wish in rtcp_feedback.feedback_requests(media.data):
            found = self._shown_by(viewer, wish.ssrc)
            if found is None:
                continue
            publisher, forwarding = found
            if not wish.lost:
                self._ask(publisher, wish.ssrc, now_ns)
            for number in wish.lost:
                kept = self._seats[publisher].media.kept(wish.ssrc, number)
                if kept is not None:
                    self._counts["sent_again_to_viewers"] += self._send_on(forwarding, kept)

    def _shown_by(self, viewer: Participant, ssrc: int) -> tuple[Participant, Forwarding] | None:
        """Return who shows the viewer that stream, and on which forwarding."""
        for publisher in self._seats:
            for forwarding in publisher.viewers:
                if forwarding.to is viewer and ssrc in forwarding.ssrcs:
                    return publisher, forwarding
        return None

    def _ask(self, publisher: Participant, ssrc: int, now_ns: int) -> None:
        if self._key_frames.may_ask(ssrc, now_ns):
            self._counts["key_frames_asked_for"] += 1
            self._send(publisher, rtcp_feedback.ask_for_key_frame(ssrc), is_rtcp=True)

    def _send_on(self, forwarding: Forwarding, packet: bytes) -> bool:
        taken = forwarding.take(packet)
        return taken is not None and self._send(forwarding.to, taken, is_rtcp=False)

    def _send(self, to: Participant, packet: bytes, *, is_rtcp: bool) -> bool:
        seat = self._seats.get(to)
        action = seat.media.send(packet, is_rtcp) if seat is not None else None
        if seat is None or action is None:
            return False
        seat.transmit(action)
        return True

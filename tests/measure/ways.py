"""A session whose frames are known to have died at named places, with all its logs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger, build
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import Record, ServiceFrame, Stats
from tests.measure import sessions
from tests.measure.packet_logs import MS, log, stream
from tests.measure.sessions import capture_ns, seen

FRAMES = 120
ENCODE_MS = 4.0
DECODE_MS = 30.0
PACKETS_MS = 0.2  # from the first packet of a frame to its last
SERVICE_MS = 15.0
LINK_MS = 20.0
G2G_MS = 2 * (ENCODE_MS + PACKETS_MS + LINK_MS + DECODE_MS) + SERVICE_MS


@dataclass
class Truth:
    """A session in which named frames died at named places."""

    skipped: Collection[int] = ()  # never encoded
    uplink: Collection[int] = ()
    undecodable: Collection[int] = ()  # left the uplink whole, never reached the model
    service: Collection[int] = ()
    service_skipped: Collection[int] = ()  # sent by the model, never encoded again
    room: Collection[int] = ()  # a packet of it never came to the downlink
    downlink: Collection[int] = ()
    unseen: Collection[int] = ()  # left the downlink whole, never handed over
    statistics: Sequence[Stats] = ()

    def lost(self) -> set[int]:
        groups = (self.skipped, self.uplink, self.undecodable, self.service)
        later = (self.service_skipped, self.room, self.downlink, self.unseen)
        return {frame for group in (*groups, *later) for frame in group}

    def session(self) -> Session:
        returned: list[Record] = [seen(i, G2G_MS) for i in range(FRAMES) if i not in self.lost()]
        return sessions.session([*returned, *self.statistics], frames=FRAMES)

    def service_frames(self) -> list[ServiceFrame]:
        absent = {*self.skipped, *self.uplink, *self.undecodable}
        return [self._at_worker(i) for i in range(FRAMES) if i not in absent]

    def _at_worker(self, frame: int) -> ServiceFrame:
        before_ms = ENCODE_MS + PACKETS_MS + LINK_MS + DECODE_MS
        received = capture_ns(frame) + round(before_ms * MS)
        died = frame in self.service
        sent = None if died else received + round(SERVICE_MS * MS)
        number = 5000 + frame
        return ServiceFrame(
            received, number, None, 640, 360, number, sent, "superseded" if died else ""
        )

    def packets(self) -> Packets:
        up = stream(
            [capture_ns(i) for i in range(FRAMES)],
            after_ms=ENCODE_MS,
            through_ms=LINK_MS,
            skipped=self.skipped,
            lost=self.uplink,
        )
        sent = {f.number_in: f.sent_ns for f in self.service_frames() if f.sent_ns is not None}
        frames = sorted(number - 5000 for number in sent if number is not None)

        def places(of: Collection[int]) -> set[int]:
            return {frames.index(frame) for frame in of}

        down = stream(
            [sent[5000 + i] for i in frames],
            direction="downlink",
            after_ms=ENCODE_MS,
            through_ms=LINK_MS,
            skipped=places(self.service_skipped),
            lost=places(self.downlink),
            holes=places(self.room),
            ssrc=8,
        )
        return log([*up, *down])

    def ledger(self) -> Ledger:
        return build(self.session(), self.service_frames(), self.packets())

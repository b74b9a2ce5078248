"""Sessions made by hand: captured and seen frames on a clock that starts at 1 s."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from g2gbench.measure.journal import Session, parse
from g2gbench.measure.records import (
    Captured,
    Displayed,
    Ended,
    Reached,
    Reading,
    Record,
    Seen,
    Started,
    Stats,
    encode,
)

MS = 1_000_000
SECOND = 1_000 * MS
START = 1 * SECOND
FPS = 25.0
INTERVAL = 40 * MS


def capture_ns(frame_id: int) -> int:
    """When a frame of the 25 fps schedule is captured."""
    return START + frame_id * INTERVAL


def captured(frame_id: int, *, first_seq: int = 5000, accepted: bool = True) -> Captured:
    return Captured(
        frame_id=frame_id,
        seq=(first_seq + frame_id) & 0xFFFF,
        due_ns=capture_ns(frame_id),
        captured_ns=capture_ns(frame_id),
        accepted=accepted,
    )


def seen(
    frame_id: int,
    g2g_ms: float = 100.0,
    *,
    first_seq: int = 5000,
    reading: Reading = "ok",
    witness: int | None = None,
    rtp_timestamp: int | None = None,
) -> Seen:
    """The frame comes back ``g2g_ms`` after its capture."""
    received = capture_ns(frame_id) + round(g2g_ms * MS)
    return Seen(
        received_ns=received,
        read_ns=received + MS,
        seq=(first_seq + frame_id) & 0xFFFF if reading == "ok" else None,
        reading=reading,
        width=1088,
        height=624,
        witness=witness,
        rtp_timestamp=rtp_timestamp,
    )


def displayed(frame_id: int, after_capture_ms: float, rtp_timestamp: int) -> Displayed:
    """The remote frame of this RTP timestamp is presented so long after the frame's capture."""
    at_ns = capture_ns(frame_id) + round(after_capture_ms * MS)
    return Displayed(at_ns, rtp_timestamp, frame_id + 1)


def session(
    records: Iterable[Record] = (),
    *,
    frames: int = 0,
    steady: tuple[int, int] | None = None,
    end_ns: int | None = None,
    fps: float = FPS,
    reason: str | None = "complete",
    playout_delay_ms: tuple[int, int] | None = None,
    client: str = "native",
    display: bool = False,
    max_framerate: float | None = None,
) -> Session:
    """A session of ``frames`` captured frames and ``records``; it ends 5 s after the last frame."""
    end = capture_ns(max(frames - 1, 0)) + 5 * SECOND if end_ns is None else end_ns
    start, stop = steady if steady is not None else (START, capture_ns(frames))
    everything: list[Record] = [
        Started(
            at_ns=0,
            wall_time="2026-01-01T00:00:00+00:00",
            client=client,
            marker="v1",
            fps=fps,
            width=1088,
            height=624,
            playout_delay_ms=playout_delay_ms,
            display=display,
            max_framerate=max_framerate,
        ),
        Reached(at_ns=START - 500 * MS, phase="connect"),
        Reached(at_ns=start, phase="measure"),
        Reached(at_ns=stop, phase="measured"),
        *(captured(i) for i in range(frames)),
        *records,
    ]
    if reason is not None:
        everything.append(Ended(at_ns=end, reason=reason))
    return parse(encode(record) for record in everything)


def without_steady_state(view: Session) -> Session:
    """The same session, had its warm-up never been over."""
    reached = {phase: at for phase, at in view.reached.items() if phase != "measure"}
    return replace(view, reached=reached)


def counters_at(at_ns: int, source: int, encoded: int, decoded: int, dropped: int = 0) -> Stats:
    return Stats(
        at_ns=at_ns,
        values={
            "source.frames": source,
            "outbound.frames_encoded": encoded,
            "inbound.frames_decoded": decoded,
            "inbound.frames_dropped": dropped,
        },
    )


@dataclass
class Simulation:
    """A long session with known truth and injected faults.

    Latency is an AR(1) process with stalls; ``lost`` of the frames never return, ``doubled`` are
    handed over twice, ``mixture`` of the readings are a wrong number near the true one (cells of
    two frames mixed) and ``stale`` are the number of an earlier frame.
    """

    seed: int
    seconds: float = 300.0
    fps: float = 30.0
    lost: float = 0.17
    doubled: float = 0.15
    mixture: float = 0.0002
    stale: float = 0.003
    stalls: float = 0.0005
    truth_ms: list[float] = field(default_factory=list)

    def records(self) -> list[Record]:
        rng = np.random.default_rng(self.seed)
        frames = int(self.seconds * self.fps)
        first_seq = 65_536 - frames // 2  # the 16-bit wrap lies in the middle
        capture = START + (np.arange(frames) * 1e9 / self.fps).astype(np.int64)
        latency = self._latency_ms(rng, frames)
        returned = rng.random(frames) >= self.lost
        arrivals: list[tuple[int, int]] = []
        available = 0
        for i in np.flatnonzero(returned).tolist():
            # A frame cannot overtake the one before it.
            available = max(available + 1, int(capture[i] + latency[i] * MS))
            arrivals.append((available, i))
            if rng.random() < self.doubled:
                available += 15 * MS
                arrivals.append((available, i))
        self.truth_ms = self._first_sightings_ms(arrivals, capture)
        records: list[Record] = [
            Captured(i, (first_seq + i) & 0xFFFF, int(t), int(t))
            for i, t in enumerate(capture.tolist())
        ]
        for at, i in arrivals:
            number = (first_seq + self._faulty(rng, i)) & 0xFFFF
            records.append(Seen(at, at + MS, number, "ok", 1088, 624))
        return records

    def session(self) -> Session:
        records = self.records()
        last = max(r.received_ns for r in records if isinstance(r, Seen))
        records += [
            Reached(START, "measure"),
            Reached(last, "measured"),
            Ended(last + 5 * SECOND, "complete"),
        ]
        return parse(encode(r) for r in records)

    def _latency_ms(self, rng: np.random.Generator, frames: int) -> Sequence[float]:
        noise = rng.normal(0, 4, frames)
        values = np.empty(frames)
        level = stall = 0.0
        for i in range(frames):
            level = 0.97 * level + noise[i]
            stall = max(0.0, stall - 1000 / self.fps)
            if rng.random() < self.stalls:
                stall = float(rng.uniform(300, 2500))
            values[i] = max(60.0, 250 + level) + stall
        return values.tolist()

    def _faulty(self, rng: np.random.Generator, frame: int) -> int:
        draw = rng.random()
        if draw < self.mixture:
            return frame ^ int(rng.integers(1, 64))
        if draw < self.mixture + self.stale:
            return max(0, frame - int(rng.integers(1, 4)))
        return frame

    @staticmethod
    def _first_sightings_ms(arrivals: list[tuple[int, int]], capture: np.ndarray) -> list[float]:
        first: dict[int, int] = {}
        for at, i in arrivals:
            first.setdefault(i, at)
        return [(at - int(capture[i])) / MS for i, at in first.items()]

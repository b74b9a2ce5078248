"""The first seconds after a beginning: the first readable marker, a reconnect, an impairment. Pure.

How soon g2g, size, bitrate and picture are what they stay. Latency and picture are held against the
steady state of the same session, whatever its warm-up left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure import marker_matching
from g2gbench.measure.fidelity_metrics import NOT_COMPARED, why_not
from g2gbench.measure.journal import BoolArray, Session
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES, Value, missing
from g2gbench.measure.packets import Packets
from g2gbench.measure.stats import number
from g2gbench.measure.windows import FULL_WINDOW, STEP_NS, WINDOW_NS, Series, media

FloatArray = npt.NDArray[np.float64]

HOLD_NS: Final = 3_000_000_000
"""What is reached must stay for so long."""

WITHIN_RATIO: Final = 0.2
WITHIN_MS: Final = 5.0
"""g2g has settled when the median of a second is within the larger of the two of the usual one."""

WITHIN_DB: Final = 1.0
"""A picture is sharp when the median PSNR of a second is at most so much below the usual one."""

BITRATE_SHARE: Final = 0.9
"""A bitrate is full when that of a second is this share of the usual one."""

SECONDS: Final = (1, 3, 10)
"""Over so many seconds from the beginning there are medians of g2g and PSNR."""

FEWEST_FRAMES: Final = 5
"""A median over fewer frames says nothing."""

_CHANGES: Final = ("network", "reconnect")
_BITRATE: Final = ("outbound.bytes_sent", "outbound.header_bytes_sent")
_NO_MARKER: Final = "no frame with a readable marker of this session came back"
_NO_STEADY_STATE: Final = "the warm-up was never over"
_FEW_FRAMES: Final = "too few frames in the steady state to compare with"


@dataclass(frozen=True, slots=True)
class Reached:
    """Time after a beginning at which each was reached, in ms; missing with the reason otherwise.

    ``settled``: g2g is what it stays. ``full_size``: frames have the largest size and keep it.
    ``full_bitrate``: the uplink's media has the usual bitrate. ``sharp``: pictures are as close to
    their source as they stay.
    """

    settled: Value
    full_size: Value
    full_bitrate: Value
    sharp: Value


@dataclass(frozen=True, slots=True)
class Course:
    """Frames and bitrate of one session over time, from its first frame to its last.

    ``g2g_ms`` and ``psnr_db`` are of the delivered frames, ``pixels`` of every remote frame.
    ``bitrate_bps`` is that of the second from each moment on. ``usual_…`` are what they are in the
    steady state.
    """

    g2g_ms: Series
    psnr_db: Series
    pixels: Series
    bitrate_bps: Series
    usual_g2g_ms: FloatArray
    usual_fps: float
    usual_psnr_db: FloatArray
    usual_bitrate_bps: float | None
    why_no_psnr: str
    bitrate_remark: str

    def reached(self, start_ns: int, until_ns: int) -> Reached:
        """Return what was reached from ``start_ns`` on; ``until_ns`` is where watching ends."""
        watched = _Watched(start_ns, until_ns)
        return Reached(
            settled=self._settled(watched),
            full_size=self._full_size(watched),
            full_bitrate=self._full_bitrate(watched),
            sharp=self._sharp(watched),
        )

    def _settled(self, watched: _Watched) -> Value:
        usual = self.usual_g2g_ms
        if len(usual) < PERCENTILE_SAMPLES[50]:
            return missing(_FEW_FRAMES)
        middle = float(np.median(usual))
        near = near_g2g_ms(middle)
        return watched.first_held(
            self.g2g_ms,
            (2 * near[0] - middle, 2 * near[1] - middle),
            near,
            FULL_WINDOW * self.usual_fps,
            f"g2g did not stay between {near[0]:.0f} and {near[1]:.0f} ms, near the steady "
            f"state's {middle:.0f} ms,",
        )

    def _sharp(self, watched: _Watched) -> Value:
        usual = self.usual_psnr_db
        if self.why_no_psnr:
            return missing(self.why_no_psnr)
        if len(usual) < PERCENTILE_SAMPLES[50]:
            return missing(_FEW_FRAMES)
        least = float(np.median(usual)) - WITHIN_DB
        return watched.first_held(
            self.psnr_db,
            (least - WITHIN_DB, np.inf),
            (least, np.inf),
            1.0,
            f"PSNR did not stay at {least:.1f} dB, {WITHIN_DB:g} dB below the steady state's",
        )

    def _full_size(self, watched: _Watched) -> Value:
        full = self.pixels.values.max(initial=0.0)
        since = self.pixels.between(watched.start_ns, watched.until_ns)
        smaller_ns = since.at_ns[since.values < full]
        for at_ns in since.at_ns[since.values >= full].tolist():
            if at_ns + HOLD_NS > watched.until_ns:
                break
            later = np.searchsorted(smaller_ns, at_ns, side="right")
            if later == len(smaller_ns) or smaller_ns[later] > at_ns + HOLD_NS:
                return Value((at_ns - watched.start_ns) / 1e6, n=1)
        return watched.never("frames did not keep their largest size")

    def _full_bitrate(self, watched: _Watched) -> Value:
        usual = self.usual_bitrate_bps
        if usual is None:
            return missing("nothing tells the uplink's bitrate in the steady state")
        since = self.bitrate_bps.between(watched.start_ns, watched.until_ns - WINDOW_NS + 1)
        full = np.flatnonzero(since.values >= BITRATE_SHARE * usual)
        if not len(full):
            return watched.never(f"the uplink did not reach {BITRATE_SHARE:.0%} of its bitrate")
        waited_ns = int(since.at_ns[full[0]]) - watched.start_ns
        return Value(waited_ns / 1e6, self.bitrate_remark, n=1)


@dataclass(frozen=True, slots=True)
class _Watched:
    """From a beginning to where watching ends."""

    start_ns: int
    until_ns: int

    def never(self, what: str) -> Value:
        """Return that something was not reached, or could not be."""
        seconds = (self.until_ns - self.start_ns) / 1e9
        if seconds * 1e9 < HOLD_NS:
            needed = HOLD_NS / 1e9
            return missing(f"{seconds:.1f} s were watched, {needed:g} s are needed", 0, "too_short")
        return missing(f"{what} within the {seconds:.1f} s that were watched", 0, "not_back")

    def first_held(
        self,
        series: Series,
        alone: tuple[float, float],
        median: tuple[float, float],
        least: float,
        what: str,
    ) -> Value:
        """Return when the first value came from which on every second's median is in its bounds.

        The value itself must be within ``alone``, twice as far: a second whose median is right may
        begin with values that are not. A second needs ``least`` values.
        """
        since = series.between(self.start_ns, self.until_ns)
        at_ns, values = since.at_ns, since.values
        odd = (values < alone[0]) | (values > alone[1])
        first = 0
        while first < len(at_ns) and at_ns[first] + HOLD_NS <= self.until_ns:
            if odd[first]:
                first += 1
                continue
            end = int(np.searchsorted(at_ns, at_ns[first] + HOLD_NS - WINDOW_NS, side="right"))
            found = since.medians(at_ns[first:end] + WINDOW_NS, least)
            bad = np.flatnonzero(~((found >= median[0]) & (found <= median[1])))
            if not len(bad):
                return Value((int(at_ns[first]) - self.start_ns) / 1e6, n=end - first)
            first += int(bad[-1]) + 1
        return self.never(what)


def near_g2g_ms(usual_ms: float) -> tuple[float, float]:
    """Return the bounds, in ms, of a median g2g that is near enough to the usual one."""
    bound = max(WITHIN_RATIO * usual_ms, WITHIN_MS)
    return usual_ms - bound, usual_ms + bound


def course(session: Session, ledger: Ledger, packets: Packets | None = None) -> Course:
    """Return what was seen of the session over time."""
    delivered = ledger.outcome == DELIVERED
    scored = delivered & np.isfinite(ledger.psnr_db)
    seen = session.seen
    bitrate, usual_bitrate, remark = _bitrate(session, packets)
    reason = why_not(session)
    if not reason and not len(session.scored):
        reason = NOT_COMPARED
    start_ns, end_ns = session.steady_ns or (0, 0)
    usual_g2g_ms = ledger.g2g_ms[delivered & ledger.steady]
    return Course(
        g2g_ms=_of_frames(ledger, ledger.g2g_ms, delivered),
        psnr_db=_of_frames(ledger, ledger.psnr_db, scored),
        pixels=Series.ordered(seen.received_ns, seen.width * seen.height),
        bitrate_bps=bitrate,
        usual_g2g_ms=usual_g2g_ms,
        usual_fps=len(usual_g2g_ms) / max((end_ns - start_ns) / 1e9, 1e-9),
        usual_psnr_db=ledger.psnr_db[scored & ledger.steady],
        usual_bitrate_bps=usual_bitrate,
        why_no_psnr=reason,
        bitrate_remark=remark,
    )


def _of_frames(ledger: Ledger, values: FloatArray, which: BoolArray) -> Series:
    return Series.ordered(ledger.received_ns[which], values[which])


def _bitrate(session: Session, packets: Packets | None) -> tuple[Series, float | None, str]:
    """Return the bitrate over time, in the steady state, and a remark on how it was measured."""
    if session.steady_ns is None:
        return Series.ordered(np.empty(0, np.int64), np.empty(0)), None, ""
    start_ns, end_ns = session.steady_ns
    if packets is not None:
        sent = media(packets, "uplink")
        first_ns = int(sent.at_ns[0]) if len(sent) else start_ns
        at_ns = np.arange(first_ns, end_ns - WINDOW_NS, STEP_NS)
        steady = sent.between(start_ns, end_ns)
        usual = 8 * float(steady.values.sum()) / max((end_ns - start_ns) / 1e9, 1e-9)
        rates = 8 * sent.sums(at_ns, at_ns + WINDOW_NS) / (WINDOW_NS / 1e9)
        return Series(at_ns, rates), usual or None, ""
    counted = list(_between_snapshots(session))
    steady_rates = [rate for at_ns, rate in counted if start_ns <= at_ns < end_ns]
    moments_ns = np.array([at_ns for at_ns, _ in counted], dtype=np.int64)
    return (
        Series.ordered(moments_ns, np.array([rate for _, rate in counted])),
        float(np.mean(steady_rates)) if steady_rates else None,
        "from statistics, one a second",
    )


def _between_snapshots(session: Session) -> Iterator[tuple[int, float]]:
    """From one snapshot of the statistics to the next: when it begins, and bits a second."""
    rows: list[tuple[int, float]] = []
    for snapshot in session.stats:
        values = [number(snapshot.values.get(key)) for key in _BITRATE]
        if None not in values:
            rows.append((snapshot.at_ns, 8 * sum(v for v in values if v is not None)))
    for (from_ns, before), (to_ns, after) in pairwise(rows):
        if to_ns > from_ns and after >= before:
            yield from_ns, (after - before) / ((to_ns - from_ns) / 1e9)


def metrics(
    session: Session, ledger: Ledger, packets: Packets | None = None
) -> Iterator[tuple[str, Value]]:
    """The metrics of the start, from the first readable marker on."""
    first = session.seen.received_ns[ledger.sightings.kind == marker_matching.NEW]
    reason = ""
    if not len(first):
        reason = _NO_MARKER
    elif session.steady_ns is None:
        reason = _NO_STEADY_STATE
    if reason or session.steady_ns is None:
        yield from ((name, missing(reason)) for name in NAMES)
        return
    seen = course(session, ledger, packets)
    start_ns = int(first[0])
    until_ns = undisturbed_until(session, start_ns, session.steady_ns[1])
    reached = seen.reached(start_ns, until_ns)
    for name in REACHED:
        yield f"startup_ms.{name}", getattr(reached, name)
    for seconds in SECONDS:
        end_ns = start_ns + seconds * 1_000_000_000
        yield f"startup.g2g_ms.{seconds}s", _median(seen.g2g_ms, start_ns, end_ns, until_ns, "")
    for seconds in SECONDS:
        end_ns = start_ns + seconds * 1_000_000_000
        value = _median(seen.psnr_db, start_ns, end_ns, until_ns, seen.why_no_psnr)
        yield f"startup.psnr_db.{seconds}s", value


def undisturbed_until(session: Session, start_ns: int, end_ns: int) -> int:
    """Return when the network or the connection was changed for the first time, or the end."""
    changes = [e.at_ns for e in session.events if e.name in _CHANGES and e.at_ns > start_ns]
    return min([*changes, end_ns])


def _median(series: Series, start_ns: int, end_ns: int, until_ns: int, reason: str) -> Value:
    if reason:
        return missing(reason)
    if end_ns > until_ns:
        watched, needed = (until_ns - start_ns) / 1e9, (end_ns - start_ns) / 1e9
        reason = f"{watched:.1f} s were watched, {needed:g} s are needed"
        return missing(reason, code="too_short")
    values = series.between(start_ns, end_ns).values
    if len(values) < FEWEST_FRAMES:
        reason = f"needs {FEWEST_FRAMES} frames, has {len(values)}"
        return missing(reason, len(values), "too_short")
    return Value(float(np.median(values)), n=len(values))


REACHED: Final = ("settled", "full_size", "full_bitrate", "sharp")
NAMES: Final = (
    *(f"startup_ms.{name}" for name in REACHED),
    *(f"startup.g2g_ms.{seconds}s" for seconds in SECONDS),
    *(f"startup.psnr_db.{seconds}s" for seconds in SECONDS),
)

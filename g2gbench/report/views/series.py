"""One trial over time, from its stored records: what the figures draw."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from g2gbench.measure.gaps import cut, source_pauses_ns
from g2gbench.measure.journal import Session
from g2gbench.measure.records import Event
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.store.reading import Trial

FloatArray = npt.NDArray[np.float64]

_LONGEST_NAME: Final = 36
SENT: Final = ("outbound.bytes_sent", "outbound.header_bytes_sent")
"""Counters of the video sent."""

_MARKED_EVENTS: Final[Mapping[str, str]] = {
    "prompt": "new prompt",
    "network": "network changes",
    "process_lost": "process lost",
    "service_error": "service error",
    "reconnect": "reconnect",
    "source_lost": "camera gone",
    "room_reconnecting": "reconnecting",
    "room_reconnected": "reconnected",
    "room_disconnected": "disconnected",
}
"""Events that a reader of a latency curve wants to know of."""


MOST_INTERVALS: Final = 600
"""A longer session has intervals of several seconds: no figure is wide enough for more."""


@dataclass(frozen=True, slots=True)
class Series:
    """A trial over time; seconds are counted from the end of the warm-up.

    Where the warm-up was never over (``warm`` False) they are counted from the first capture.
    ``captured_s``, ``g2g_ms``, ``steady``: arrays of shape (delivered frames,). ``lost_s``: moments
    of capture by drop phase, and under ``unreadable``, in the steady state. ``edges_s``: whole
    seconds between the first and the last moment, shape (n + 1,); ``p50_ms``, ``p95_ms``,
    ``low_ms``, ``high_ms`` and ``fps``, shape (n,), NaN in a second without a
    frame. ``sent_mbps``: bitrate between ``sent_edges_s``.
    ``freezes``: start in seconds, length in ms. ``asked_fps``: what the source was asked for.
    ``marks``: events of the steady state with their names; ``impaired_s``: from when to when the
    timeline impaired the network.
    """

    repeat: int
    status: str
    warm: bool
    asked_fps: float | None
    begin_s: float
    end_s: float
    captured_s: FloatArray
    g2g_ms: FloatArray
    steady: npt.NDArray[np.bool_]
    lost_s: Mapping[str, FloatArray]
    edges_s: FloatArray
    p50_ms: FloatArray
    p95_ms: FloatArray
    low_ms: FloatArray
    high_ms: FloatArray
    fps: FloatArray
    sent_edges_s: FloatArray
    sent_mbps: FloatArray
    freezes: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str], ...]
    impaired_s: tuple[tuple[float, float], ...]

    @property
    def interval(self) -> str:
        """Word for an interval of ``edges_s``."""
        step = step_of(self.begin_s, self.end_s)
        return "the second" if step == 1 else f"each {step} s"

    @property
    def steady_g2g_ms(self) -> FloatArray:
        """g2g latency of the delivered frames of the steady state."""
        return self.g2g_ms[self.steady]

    @property
    def empty(self) -> bool:
        """Whether no frame came back at all."""
        return not len(self.g2g_ms)


def session_of(trial: Trial) -> Session:
    """Return a trial's events, without frames; with them where the trial was cut off."""
    return trial.session


def series_of(trial: Trial) -> Series:
    """The series of a stored trial."""
    frames = trial.frames()
    session = session_of(trial)
    steady_ns = session.steady_ns
    zero_ns = steady_ns[0] if steady_ns else _first_ns(frames)
    end_ns = steady_ns[1] if steady_ns else _last_ns(frames, zero_ns)

    def seconds(at_ns: object) -> FloatArray:
        return np.asarray((np.asarray(at_ns, dtype=np.int64) - zero_ns) / 1e9, dtype=np.float64)

    captured_s = seconds(frames["captured_ns"].to_numpy()) if len(frames) else np.empty(0)
    outcome = frames["outcome"].to_numpy(dtype=object)
    shown = (outcome == "delivered") & (captured_s <= (end_ns - zero_ns) / 1e9)
    begin_s = float(captured_s.min()) if len(captured_s) else 0.0
    end_s = max((end_ns - zero_ns) / 1e9, begin_s + 1.0)
    edges = _seconds(begin_s, end_s)
    g2g_ms = frames["g2g_ms"].to_numpy(dtype=np.float64, na_value=np.nan)
    arrived = frames.loc[outcome == "delivered", ["received_ns", "due_ns"]].astype("int64")
    arrived = arrived.sort_values("received_ns", kind="stable")
    arrivals_ns = arrived["received_ns"].to_numpy()
    schedule_ns = np.concatenate((frames["due_ns"].to_numpy(np.int64), session.skipped.due_ns))
    pauses_ns = source_pauses_ns(arrived["due_ns"].to_numpy(), schedule_ns)
    quantiles = _by_second(captured_s[shown], g2g_ms[shown], edges)
    return Series(
        repeat=trial.repeat,
        status=trial.status,
        warm=steady_ns is not None,
        asked_fps=session.started.fps if session.started else None,
        begin_s=begin_s,
        end_s=end_s,
        captured_s=captured_s[shown],
        g2g_ms=g2g_ms[shown],
        steady=frames["steady"].to_numpy(dtype=np.bool_)[shown],
        lost_s=_losses(frames, captured_s, outcome),
        edges_s=edges,
        p50_ms=quantiles[1],
        p95_ms=quantiles[2],
        low_ms=quantiles[0],
        high_ms=quantiles[3],
        fps=_rate(seconds(arrivals_ns), edges),
        **_bitrate(trial, zero_ns, end_s),
        freezes=_freezes(arrivals_ns, pauses_ns, steady_ns),
        marks=_marks(session, zero_ns, end_s),
        impaired_s=_impaired(session, zero_ns, end_s),
    )


def _first_ns(frames: pd.DataFrame) -> int:
    return int(frames["captured_ns"].min()) if len(frames) else 0


def _last_ns(frames: pd.DataFrame, zero_ns: int) -> int:
    return int(frames["captured_ns"].max()) if len(frames) else zero_ns


def step_of(begin_s: float, end_s: float) -> int:
    """Return how many seconds an interval of a session of this length has."""
    return max(1, math.ceil((end_s - begin_s) / MOST_INTERVALS))


def _seconds(begin_s: float, end_s: float) -> FloatArray:
    """Whole seconds between the two, and the two; no interval is shorter than a quarter."""
    whole = np.arange(np.ceil(begin_s + 0.25), end_s - 0.25, step_of(begin_s, end_s))
    return np.concatenate(([begin_s], whole, [end_s]))


def _by_second(at_s: FloatArray, values: FloatArray, edges: FloatArray) -> list[FloatArray]:
    """Smallest, p50, p95 and largest value of each interval."""
    found = [np.full(len(edges) - 1, np.nan) for _ in range(4)]
    place = np.searchsorted(edges, at_s, side="right") - 1
    for i in range(len(edges) - 1):
        inside = values[place == i]
        if len(inside):
            for into, value in zip(found, np.percentile(inside, [0, 50, 95, 100]), strict=True):
                into[i] = value
    return found


def _rate(at_s: FloatArray, edges: FloatArray) -> FloatArray:
    counts, _ = np.histogram(at_s, edges)
    return np.asarray(counts / np.diff(edges), dtype=np.float64)


def _losses(
    frames: pd.DataFrame, captured_s: FloatArray, outcome: npt.NDArray[Any]
) -> dict[str, FloatArray]:
    steady = frames["steady"].to_numpy(dtype=np.bool_)
    phase = frames["drop_phase"].to_numpy(dtype=object)
    dropped = steady & (outcome == "dropped")
    lost = {name: captured_s[dropped & (phase == name)] for name in DROP_PHASES}
    return lost | {"unreadable": captured_s[steady & (outcome == "unreadable")]}


def counters(trial: Trial, names: tuple[str, ...], zero_ns: int) -> tuple[FloatArray, FloatArray]:
    """The snapshots of the statistics that have all of these counters.

    Returns their moments in seconds from ``zero_ns``, shape (snapshots,), and the counters, shape
    (snapshots, names).
    """
    stats = trial.rtcstats()
    if not set(names) <= set(stats.columns):
        return np.empty(0), np.empty((0, len(names)))
    known = stats.dropna(subset=list(names))
    at_s = (known["at_ns"].to_numpy(dtype=np.int64) - zero_ns) / 1e9
    return at_s, known[list(names)].to_numpy(dtype=np.float64)


def _bitrate(trial: Trial, zero_ns: int, end_s: float) -> dict[str, FloatArray]:
    """Return the video bitrate between two snapshots of the client's statistics, in Mbit/s."""
    nothing = {"sent_edges_s": np.empty(0), "sent_mbps": np.empty(0)}
    at_s, counted = counters(trial, SENT, zero_ns)
    total = counted.sum(axis=1)
    shown = at_s <= end_s + 1
    at_s, total = at_s[shown], total[shown]
    if len(at_s) < 2 or not (np.diff(at_s) > 0).all():
        return nothing
    # The totals grow: between two of them that lie further apart, the rate is as exact.
    every = math.ceil((len(at_s) - 1) / MOST_INTERVALS)
    at_s, total = at_s[::every], total[::every]
    return {"sent_edges_s": at_s, "sent_mbps": np.diff(total) * 8 / 1e6 / np.diff(at_s)}


def _freezes(
    arrivals_ns: npt.NDArray[np.int64],
    pauses_ns: npt.NDArray[np.int64],
    steady_ns: tuple[int, int] | None,
) -> tuple[tuple[float, float], ...]:
    if steady_ns is None or not len(arrivals_ns):
        return ()
    gaps = cut(arrivals_ns, *steady_ns, pauses_ns)
    starts_s, lengths_ms = gaps.start_ms[gaps.freezes] / 1e3, gaps.length_ms[gaps.freezes]
    return tuple(zip(starts_s.tolist(), lengths_ms.tolist(), strict=True))


def _marks(session: Session, zero_ns: int, end_s: float) -> tuple[tuple[float, str], ...]:
    marks = (
        ((event.at_ns - zero_ns) / 1e9, _name_of(event))
        for event in session.events
        if event.name in _MARKED_EVENTS
    )
    return tuple((at_s, name) for at_s, name in marks if 0 <= at_s <= end_s)


def _name_of(event: Event) -> str:
    """A change of the network is named by what it changes to."""
    named = str(event.detail.get("label", "")) if event.name == "network" else ""
    if len(named) > _LONGEST_NAME:
        named = f"{named[: _LONGEST_NAME - 1]}…"
    return named or _MARKED_EVENTS[event.name]


def _impaired(session: Session, zero_ns: int, end_s: float) -> tuple[tuple[float, float], ...]:
    """Also what was not over by the end, which ``measure.phases`` leaves out."""
    found: list[tuple[float, float]] = []
    began_s: float | None = None
    for event in session.events:
        at_s = (event.at_ns - zero_ns) / 1e9
        if event.name != "network" or at_s > end_s:
            continue
        if not event.detail.get("restored"):
            began_s = at_s if began_s is None else began_s
        elif began_s is not None:
            found.append((began_s, at_s))
            began_s = None
    return (*found, (began_s, end_s)) if began_s is not None else tuple(found)

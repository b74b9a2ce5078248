"""View of a trial's first seconds: what came back when, and since when it is what it stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from g2gbench.analysis.result import CellResult
from g2gbench.measure import startup
from g2gbench.measure.gaps import cut, source_pauses_ns
from g2gbench.measure.windows import media
from g2gbench.report.text.numbers import label, shown
from g2gbench.report.views.cell_view import estimate_of
from g2gbench.report.views.link_view import packets_of
from g2gbench.report.views.series import SENT, counters, session_of
from g2gbench.store.reading import Trial

FloatArray = npt.NDArray[np.float64]

SHOWN_S: Final = 10.0
"""So many seconds of a start are shown."""

STEP_S: Final = 0.25
"""Over so long a bitrate of the link is taken."""

_LEAST_S: Final = 1.0
_QP: Final = ("outbound.qp_sum", "outbound.frames_encoded")


@dataclass(frozen=True, slots=True)
class StartView:
    """The start of a trial; seconds since its first readable marker: connecting is below 0.

    ``at_s``, ``g2g_ms``, ``lines`` and ``psnr_db``: arrays of shape (delivered frames,) in the
    order of arrival; ``lines`` is the height received, ``psnr_db`` NaN where it was not scored.
    ``mbps`` is the media sent between ``edges_s``, ``qp`` the mean quantiser of the encoder between
    ``qp_edges_s``. ``freezes``: start and length in seconds. ``phases`` of connecting, by metric.
    ``reached_s`` has each of ``startup.REACHED`` that was, ``usual`` what g2g (ms), PSNR (dB) and
    bitrate (Mbps) are in the steady state, where known.
    """

    repeat: int
    begin_s: float
    end_s: float
    at_s: FloatArray
    g2g_ms: FloatArray
    lines: FloatArray
    psnr_db: FloatArray
    edges_s: FloatArray
    mbps: FloatArray
    qp_edges_s: FloatArray
    qp: FloatArray
    freezes: tuple[tuple[float, float], ...]
    phases: Mapping[str, float]
    reached_s: Mapping[str, float]
    usual: Mapping[str, float]

    @property
    def sizes_change(self) -> bool:
        """Whether frames of different sizes came back."""
        return len(np.unique(self.lines)) > 1

    @property
    def scored(self) -> bool:
        """Whether any picture was held against its source."""
        return bool(np.isfinite(self.psnr_db).any())


def start_view(trial: Trial) -> StartView | None:
    """The view; None where no second of a start was measured."""
    session, frames = session_of(trial), trial.frames()
    back = frames[frames["outcome"] == "delivered"].sort_values("received_ns", kind="stable")
    steady_ns = session.steady_ns
    if not len(back) or steady_ns is None:
        return None
    arrived_ns = back["received_ns"].to_numpy(np.int64)
    zero_ns = int(arrived_ns[0])
    until_ns = startup.undisturbed_until(session, zero_ns, steady_ns[1])
    end_s = min(SHOWN_S, (until_ns - zero_ns) / 1e9)
    if end_s < _LEAST_S:
        return None
    in_time = arrived_ns <= zero_ns + round(end_s * 1e9)
    steady = back["steady"].to_numpy(np.bool_)
    g2g_ms, lines, psnr_db = (_column(back, name) for name in ("g2g_ms", "height", "psnr_db"))
    metrics = {name: value.value for name, value in trial.result.metrics.items()}
    ttff_ms = metrics.get("ttff_ms")
    phases = {
        name: (value - ttff_ms) / 1e3
        for name, value in metrics.items()
        if name.startswith("connect_ms.") and value is not None and ttff_ms is not None
    }
    edges_s, mbps = _bitrate(trial, zero_ns, end_s)
    qp_edges_s, qp = _quantiser(trial, zero_ns, end_s)
    usual = {
        "g2g_ms": _median(g2g_ms[steady]),
        "psnr_db": _median(psnr_db[steady]),
        "mbps": (metrics.get("uplink.bitrate_bps") or np.nan) / 1e6,
    }
    reached = {name: metrics.get(f"startup_ms.{name}") for name in startup.REACHED}
    return StartView(
        repeat=trial.repeat,
        begin_s=-(ttff_ms or 0.0) / 1e3,
        end_s=end_s,
        at_s=(arrived_ns[in_time] - zero_ns) / 1e9,
        g2g_ms=g2g_ms[in_time],
        lines=lines[in_time],
        psnr_db=psnr_db[in_time],
        edges_s=edges_s,
        mbps=mbps,
        qp_edges_s=qp_edges_s,
        qp=qp,
        freezes=_freezes(frames, back, zero_ns, end_s),
        phases=phases,
        reached_s={name: ms / 1e3 for name, ms in reached.items() if ms is not None},
        usual={name: value for name, value in usual.items() if np.isfinite(value)},
    )


def start_rows(cell: CellResult) -> list[tuple[str, str, str, str]]:
    """Name, value, interval, and limit or reason of each metric of the start."""
    rows = []
    for name in startup.NAMES:
        estimate, _ = estimate_of(cell, name)
        value, interval = shown(name, estimate)
        limits = [e.text.removeprefix(name).strip() for e in cell.expectations if e.metric == name]
        note = f"limit {', '.join(limits)}" if limits else estimate.reason or ""
        rows.append((label(name), value, interval, note))
    return rows


def _column(frames: pd.DataFrame, name: str) -> FloatArray:
    if name not in frames:  # of a version that did not score pictures
        return np.full(len(frames), np.nan)
    found: FloatArray = frames[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _bitrate(trial: Trial, zero_ns: int, end_s: float) -> tuple[FloatArray, FloatArray]:
    """Media sent in Mbps, between edges in seconds: of the link's log, else of the statistics."""
    packets = packets_of(trial)
    if packets is None or not len(packets):
        edges_s, growth = _growth(trial, SENT, zero_ns, end_s)
        if not growth:
            return edges_s, np.empty(0)
        return edges_s, 8 * sum(growth) / 1e6 / np.diff(edges_s)
    sent = media(packets, "uplink")
    edges_s = np.arange(-STEP_S * 4, end_s + STEP_S / 2, STEP_S)
    sizes, _ = np.histogram((sent.at_ns - zero_ns) / 1e9, edges_s, weights=sent.values)
    return edges_s, 8 * sizes / 1e6 / STEP_S


def _quantiser(trial: Trial, zero_ns: int, end_s: float) -> tuple[FloatArray, FloatArray]:
    edges_s, growth = _growth(trial, _QP, zero_ns, end_s)
    if not growth:
        return edges_s, np.empty(0)
    total, frames = growth
    return edges_s, np.divide(total, frames, out=np.full(len(total), np.nan), where=frames > 0)


def _growth(
    trial: Trial, names: tuple[str, ...], zero_ns: int, end_s: float
) -> tuple[FloatArray, list[FloatArray]]:
    """Growth of each counter from one snapshot to the next; none where one is not reported."""
    at_s, counted = counters(trial, names, zero_ns)
    inside = (at_s > -1) & (at_s < end_s + 1)
    growth = np.diff(counted[inside], axis=0)
    if not len(growth) or (growth < 0).any():
        return np.empty(0), []
    return at_s[inside], list(growth.T)


def _freezes(
    frames: pd.DataFrame, back: pd.DataFrame, zero_ns: int, end_s: float
) -> tuple[tuple[float, float], ...]:
    schedule_ns = frames["due_ns"].to_numpy(np.int64)
    pauses_ns = source_pauses_ns(back["due_ns"].to_numpy(np.int64), schedule_ns)
    arrived_ns: npt.NDArray[Any] = back["received_ns"].to_numpy(np.int64)
    gaps = cut(arrived_ns, zero_ns, zero_ns + round(end_s * 1e9), pauses_ns)
    # The W3C's rule needs gaps to compare with: at the very start a stall is what there is.
    shown_gaps = gaps.freezes | gaps.stalls
    starts_s, lengths_s = gaps.start_ms[shown_gaps] / 1e3, gaps.length_ms[shown_gaps] / 1e3
    return tuple(zip(starts_s.tolist(), lengths_s.tolist(), strict=True))

"""Events and connection quality from the once-a-second statistics of a session. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from g2gbench.media.latency_meter import G2G
from g2gbench.quality import Evaluator, Verdict
from g2gbench.quality.sampling import network_sample
from g2gbench.quality.thresholds import Settings
from g2gbench.realtime import events
from g2gbench.realtime.events import Event

STALL_FPS = 0.5
Scalar = str | int | float | bool | None


class StatsWatch:
    """Watch over the snapshots of one connection after the other.

    Args:
        required_bitrate_bps: what the local track means to send.
        settings: bounds and smoothing of the verdicts, with a bitrate of their own; None: the usual
            ones.

    """

    def __init__(self, required_bitrate_bps: float, settings: Settings | None = None) -> None:
        usual = Evaluator(required_bitrate_bps=required_bitrate_bps)
        self._evaluator = usual if settings is None else Evaluator.of(settings)
        self._before: tuple[int, Mapping[str, Scalar]] | None = None
        self._sent: tuple[int, int] = (0, 0)
        self._states: dict[str, str] = {}
        self._pair: tuple[str, str, str] | None = None
        self._flowed = False
        self._stalled_ns: int | None = None

    @property
    def quality(self) -> Verdict | None:
        """The verdict that holds; None before the first sample."""
        return self._evaluator.latest

    def connected(self) -> None:
        """A new connection: its counters begin anew, and so does the verdict."""
        self._evaluator.reset()
        self._before = None
        self._sent = (0, 0)
        self._states.clear()
        self._pair = None
        self._flowed = False

    def take(self, at_ns: int, values: Mapping[str, Scalar], g2g: G2G | None) -> list[Event]:
        """One snapshot, with what the meter measured since the last; what is to be told."""
        found: list[Event] = [events.RtcStats(at_ns, values)]
        found += self._publishing(at_ns, values)
        found += self._transport(at_ns, values)
        before, self._before = self._before, (at_ns, values)
        if before is None or at_ns <= before[0]:
            return found
        sample = network_sample(before[1], values, (at_ns - before[0]) / 1e9)
        if g2g is not None:
            sample = replace(
                sample, g2g_ms=g2g.g2g_ms, g2g_drop_ratio=g2g.drop_ratio, ttff_ms=g2g.ttff_ms
            )
        found += self._stall(at_ns, sample.inbound_fps)
        changed = self._evaluator.push(sample)
        holds = self._evaluator.latest
        if holds is not None:
            found.append(events.QualitySample(at_ns, sample, holds))
        if changed is not None:
            found.append(events.QualityChanged(at_ns, changed))
        return found

    def _publishing(self, at_ns: int, values: Mapping[str, Scalar]) -> list[Event]:
        sent, frames = (
            _whole(values, "outbound.bytes_sent"),
            _whole(values, "outbound.frames_encoded"),
        )
        if sent is None or frames is None:
            return []
        bytes_before, frames_before = self._sent
        self._sent = sent, frames
        return [
            events.PublishStats(
                at_ns,
                sent,
                sent - bytes_before,
                frames,
                frames - frames_before,
                _whole(values, "outbound.frame_width"),
                _whole(values, "outbound.frame_height"),
                _text(values, "outbound.encoder_implementation"),
                _text(values, "outbound.quality_limitation_reason"),
            )
        ]

    def _transport(self, at_ns: int, values: Mapping[str, Scalar]) -> list[Event]:
        found: list[Event] = []
        for part in ("ice", "dtls"):
            state = _text(values, f"transport.{part}_state")
            if state is not None and self._states.get(part) != state:
                self._states[part] = state
                found.append(events.TransportChanged(at_ns, part, state))
        kinds = [
            _text(values, f"pair.{name}")
            for name in ("local_candidate_type", "remote_candidate_type", "protocol")
        ]
        local, remote, protocol = kinds
        if local is None or remote is None:
            return found
        pair = (local, remote, protocol or "")
        if pair != self._pair:
            self._pair = pair
            found.append(events.SelectedCandidatePair(at_ns, *pair))
        return found

    def _stall(self, at_ns: int, fps: float | None) -> list[Event]:
        """Video that never came has not stalled."""
        if fps is None:
            return []
        if fps >= STALL_FPS:
            self._flowed = True
            since_ns, self._stalled_ns = self._stalled_ns, None
            if since_ns is None:
                return []
            return [events.VideoStall(at_ns, False, (at_ns - since_ns) / 1e6)]
        if self._flowed and self._stalled_ns is None:
            self._stalled_ns = at_ns
            return [events.VideoStall(at_ns, True)]
        return []


def _whole(values: Mapping[str, Scalar], key: str) -> int | None:
    value = values.get(key)
    return None if value is None or isinstance(value, str) else int(value)


def _text(values: Mapping[str, Scalar], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value else None

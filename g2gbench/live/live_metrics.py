"""Figures of a session while it runs, from its journal's records. Pure.

What a finished session is judged by is its ledger; this is what the person sees meanwhile, by the
same rules.
"""

from __future__ import annotations

from typing import Any

from g2gbench.client.journal_meter import JournalMeter
from g2gbench.measure.records import Event, Reached, Record, Seen, Stats
from g2gbench.quality import Verdict
from g2gbench.quality.thresholds import Settings
from g2gbench.realtime import events
from g2gbench.realtime.stats_watch import StatsWatch

Message = dict[str, Any]
_WORDS = {
    "prompt": ("prompt", "text"),
    "prompt_ack": ("the model has taken it", ""),
    "prompt_failed": ("the model refused it", "error"),
    "network": ("network", "label"),
    "reconnect": ("the connection was made anew", "error"),
    "service_error": ("the service says", "error"),
    "process_lost": ("lost", "reason"),
    "queue_position": ("place in the queue", "position"),
    "source_lost": ("the camera is gone", ""),
}
"""Events of the journal that the page shows, in words, with the fact beside them."""


class LiveMetrics:
    """Turns records into messages for the page; times in seconds from the connect attempt.

    Args:
        bits: how many bits a marker's number has.
        judging: bounds and smoothing of the verdicts.

    """

    def __init__(self, bits: int, judging: Settings) -> None:
        self._meter = JournalMeter(bits)
        self._watch = StatsWatch(judging.required_bitrate_bps, judging)
        self._zero_ns: int | None = None
        self._points: list[tuple[float, float]] = []

    def take(self, record: Record) -> Message | None:
        """One more record; what to tell because of it."""
        g2g_ms = self._meter.take(record)
        if g2g_ms is not None and isinstance(record, Seen):
            self._points.append((self._at_s(record.received_ns), round(g2g_ms, 2)))
        if isinstance(record, Reached):
            return self._reached(record)
        if isinstance(record, Stats):
            return self._second(record)
        if isinstance(record, Event):
            return self._event(record)
        return None

    def points(self) -> list[tuple[float, float]]:
        """(when it came back, its g2g in ms) of every frame since the last call."""
        points, self._points = self._points, []
        return points

    def _at_s(self, at_ns: int) -> float:
        return round((at_ns - (self._zero_ns or at_ns)) / 1e9, 3)

    def _reached(self, record: Reached) -> Message:
        if record.phase == "connect":
            self._zero_ns = record.at_ns
        return {"phase": record.phase, "at_s": self._at_s(record.at_ns)}

    def _second(self, record: Stats) -> Message | None:
        samples = [
            one
            for one in self._watch.take(record.at_ns, record.values, self._meter.second)
            if isinstance(one, events.QualitySample)
        ]
        if not samples:
            return None
        (latest,) = samples
        sample, verdict = latest.sample, latest.verdict
        return {
            "second": {
                "at_s": self._at_s(record.at_ns),
                "g2g_ms": sample.g2g_ms,
                "fps": sample.inbound_fps,
                "drop_ratio": sample.g2g_drop_ratio,
                "ttff_ms": sample.ttff_ms,
                "rtt_ms": sample.rtt_ms,
                **_words(verdict),
            }
        }

    def _event(self, record: Event) -> Message | None:
        if record.name == "reconnect" and record.detail.get("success"):
            self._watch.connected()
        if record.name not in _WORDS:
            return None
        words, fact = _WORDS[record.name]
        found = record.detail.get(fact) or (record.detail.get("image") if fact == "text" else None)
        text = words if found is None else f"{words}: {found}"
        return {"note": {"at_s": self._at_s(record.at_ns), "name": record.name, "text": text}}


def _words(verdict: Verdict) -> dict[str, object]:
    return {
        "level": verdict.word,
        "limiting_factor": verdict.limiting_factor,
        "reasons": list(verdict.reasons),
        "provisional": verdict.provisional,
    }

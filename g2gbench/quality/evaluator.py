"""Verdicts over time: a window that smooths, a warm-up, and hysteresis of the level."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from g2gbench.quality import checks
from g2gbench.quality.level import NONE, Level
from g2gbench.quality.sample import Sample
from g2gbench.quality.scoring import at_good, check_sample, score
from g2gbench.quality.thresholds import (
    DEFAULT_SETTINGS,
    DEFAULT_THRESHOLDS,
    REQUIRED_BITRATE_BPS,
    Settings,
    Thresholds,
)
from g2gbench.quality.verdict import NOTHING_MEASURED, Verdict


class Evaluator:
    """Judges a session sample by sample, one a second.

    The first verdict comes at once. Samples 1 to ``warmup - 1`` are provisional and bandwidth,
    which a sender estimates slowly, is not scored in them; sample ``warmup`` commits its full score
    without debounce. Otherwise the held level changes only after ``downgrade_after`` (to a worse)
    or ``upgrade_after`` (to a better) samples in a row whose smoothed score is the same new level.
    An unknown level gives way to the first that is known; after ``window`` samples in a row with
    nothing measured it is unknown again.

    All counts are of samples. Raises TypeError or ValueError for settings that cannot be.
    """

    def __init__(
        self,
        *,
        window: int = DEFAULT_SETTINGS.window,
        warmup: int = DEFAULT_SETTINGS.warmup,
        downgrade_after: int = DEFAULT_SETTINGS.downgrade_after,
        upgrade_after: int = DEFAULT_SETTINGS.upgrade_after,
        required_bitrate_bps: float = REQUIRED_BITRATE_BPS,
        thresholds: Thresholds = DEFAULT_THRESHOLDS,
    ) -> None:
        self._settings = Settings(
            thresholds=thresholds,
            required_bitrate_bps=checks.positive("required_bitrate_bps", required_bitrate_bps),
            window=window,
            warmup=warmup,
            downgrade_after=downgrade_after,
            upgrade_after=upgrade_after,
        )
        self.reset()

    @classmethod
    def of(cls, settings: Settings) -> Evaluator:
        """An evaluator with these settings."""
        return cls(
            window=settings.window,
            warmup=settings.warmup,
            downgrade_after=settings.downgrade_after,
            upgrade_after=settings.upgrade_after,
            required_bitrate_bps=settings.required_bitrate_bps,
            thresholds=settings.thresholds,
        )

    def reset(self) -> None:
        """Forget everything, as after a reconnect."""
        self._window: deque[Sample] = deque(maxlen=self._settings.window)
        self._pushed = 0
        self._empty = 0  # samples in a row with nothing measured
        self._next: Level | None = None  # the level that would follow, and for how many samples
        self._next_for = 0
        self._latest: Verdict | None = None
        self._current: Verdict | None = None

    @property
    def latest(self) -> Verdict | None:
        """The verdict that holds; None before the first sample."""
        return self._latest

    @property
    def current(self) -> Verdict | None:
        """The smoothed score of the last sample, before hysteresis; None before the first."""
        return self._current

    def push(self, sample: Sample) -> Verdict | None:
        """Take the next sample; the verdict when the level or the warm-up state changed, else None.

        Raises TypeError for what is no Sample.
        """
        check_sample(sample)
        self._pushed += 1
        self._window.append(sample)
        provisional = self._pushed < self._settings.warmup
        own, current = self._score(sample, provisional), self._score(self._smoothed(), provisional)
        self._empty = self._empty + 1 if own.level is None else 0
        self._current = replace(current, provisional=provisional)
        before = self._latest
        self._latest = self._verdict(self._held(current), sample, self._current)
        changed = before is None or (before.level, before.provisional) != (
            self._latest.level,
            self._latest.provisional,
        )
        return self._latest if changed else None

    def _score(self, sample: Sample, provisional: bool) -> Verdict:
        return score(
            sample,
            required_bitrate_bps=self._settings.required_bitrate_bps,
            score_bandwidth=not provisional,
            thresholds=self._settings.thresholds,
        )

    def _smoothed(self) -> Sample:
        """Medians over the window; the least of the frame rates, since a stall is short."""
        samples = list(self._window)
        return replace(
            samples[-1],
            rtt_ms=_median([s.rtt_ms for s in samples]),
            g2g_ms=_median([s.g2g_ms for s in samples]),
            fraction_lost=_median([s.loss for s in samples]),
            available_bitrate_bps=_median([s.available_bitrate_bps for s in samples]),
            inbound_fps=min(
                (s.inbound_fps for s in samples if s.inbound_fps is not None), default=None
            ),
        )

    def _held(self, current: Verdict) -> Level | None:
        """The level that holds from this sample on."""
        held = None if self._latest is None else self._latest.level
        if current.level is None:
            self._next_for = 0
            return None if self._empty >= self._settings.window else held
        if held is None or self._pushed == self._settings.warmup or current.level == held:
            self._next_for = 0
            return current.level
        self._next_for = self._next_for + 1 if current.level == self._next and self._next_for else 1
        self._next = current.level
        worse = current.level < held
        needed = self._settings.downgrade_after if worse else self._settings.upgrade_after
        if self._next_for < needed:
            return held
        self._next_for = 0
        return current.level

    def _verdict(self, held: Level | None, sample: Sample, current: Verdict) -> Verdict:
        """The held level with the reason for it.

        At good there is none. While the sample is as bad as what is held, or worse, it is the
        sample's; one that has recovered already leaves the last reason in place.
        """
        factor: str
        reasons: tuple[str, ...]
        if held is None:
            factor, reasons = NONE, (NOTHING_MEASURED,)
        elif held is Level.GOOD:
            factor, reasons = at_good(sample.quality_limitation)
        elif current.level is not None and current.level <= held:
            factor, reasons = current.limiting_factor, current.reasons
        else:
            assert self._latest is not None  # a bad level is held: a sample brought it
            factor, reasons = self._latest.limiting_factor, self._latest.reasons
        return replace(current, level=held, limiting_factor=factor, reasons=reasons)


def _median(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None

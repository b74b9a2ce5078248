"""The rules of the service's SDKs as they are, for comparison alone: nothing is judged with them.

Bands and hysteresis are those of this package; cadence and counts differ between the SDKs, and a
missing value scores good, so that a session of which nothing is known is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from g2gbench.quality.evaluator import Evaluator
from g2gbench.quality.sample import Sample
from g2gbench.quality.verdict import Verdict

_PLENTY_BPS: Final = 1e12
_PLENTY_FPS: Final = 1e3


class SdkEvaluator(Evaluator):
    """An evaluator to which what was not measured is good."""

    def _score(self, sample: Sample, provisional: bool) -> Verdict:
        return super()._score(_filled(sample), provisional)


def _filled(sample: Sample) -> Sample:
    """Return where nothing was measured, a value that could not be better."""
    timed = sample.g2g_ms is not None or sample.rtt_ms is not None
    return replace(
        sample,
        rtt_ms=sample.rtt_ms if timed else 0.0,
        fraction_lost=0.0 if sample.fraction_lost is None else sample.fraction_lost,
        available_bitrate_bps=(
            _PLENTY_BPS if sample.available_bitrate_bps is None else sample.available_bitrate_bps
        ),
        inbound_fps=_PLENTY_FPS if sample.inbound_fps is None else sample.inbound_fps,
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """One SDK's rules; counts are of its own samples, one every ``cadence_s`` seconds.

    ``marker``: g2g and drops are measured, which an application has to ask the SDK for.
    """

    name: str
    cadence_s: int
    window: int
    warmup: int
    downgrade_after: int
    upgrade_after: int
    marker: bool = True

    def evaluator(self) -> Evaluator:
        """A fresh evaluator with these rules and the SDKs' own required bitrate."""
        return SdkEvaluator(
            window=self.window,
            warmup=self.warmup,
            downgrade_after=self.downgrade_after,
            upgrade_after=self.upgrade_after,
        )

    def verdicts(self, samples: Sequence[Sample]) -> tuple[Verdict, ...]:
        """The verdict that held after each second, of samples taken once a second."""
        evaluator = self.evaluator()
        held = Verdict(None)
        found = []
        for second in range(1, len(samples) + 1):
            if second % self.cadence_s == 0:
                evaluator.push(self._together(samples[second - self.cadence_s : second]))
                held = evaluator.latest or held
            found.append(held)
        return tuple(found)

    def _together(self, seconds: Sequence[Sample]) -> Sample:
        """The sample of a longer interval: frames of all of it, the rest as it is at its end."""
        rates = [one.inbound_fps for one in seconds if one.inbound_fps is not None]
        together = replace(
            seconds[-1],
            inbound_fps=sum(rates) / len(rates) if rates else None,
            freeze=any(one.freeze for one in seconds),
        )
        return together if self.marker else replace(together, g2g_ms=None, g2g_drop_ratio=None)


ANDROID: Final = Variant("Android SDK", 3, 3, 3, 2, 2)
JAVASCRIPT: Final = Variant("JavaScript SDK", 1, 5, 8, 5, 5)
JAVASCRIPT_UNMARKED: Final = Variant("JavaScript SDK without marker", 1, 5, 8, 5, 5, marker=False)

VARIANTS: Final = (ANDROID, JAVASCRIPT, JAVASCRIPT_UNMARKED)
"""The SDKs' rules in the order of tables."""

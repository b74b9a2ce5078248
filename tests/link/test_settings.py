from __future__ import annotations

from typing import Any

import pytest

from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Opportunities, Step, Steps


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"delay_s": -1}, r"delay_s -1; 0\.\. is allowed"),
        ({"delay_s": float("nan")}, "delay_s nan"),
        ({"jitter_s": -0.1}, "jitter_s"),
        ({"jitter_correlation_s": float("inf")}, "jitter_correlation_s inf"),
        ({"loss": 1.5}, r"loss 1\.5; 0\.\.1 is allowed"),
        ({"duplication": -0.1}, "duplication"),
        ({"capacity_bps": 0}, r"capacity_bps 0; 1\.\. is allowed"),
        ({"capacity_bps": -5}, "capacity_bps -5"),
        ({"queue_packets": 0}, r"queue_packets 0; 1\.\. is allowed"),
        ({"queue_bytes": 0}, "queue_bytes"),
        ({"queue_s": -1}, "queue_s"),
        ({"overhead_bytes": -1}, "overhead_bytes"),
        ({"queue_discipline": "red"}, "drop-tail and codel are allowed"),
        ({"capacity_bps": 1e6, "trace": Opportunities((1,))}, "one of them is allowed"),
    ],
)
def test_impossible_settings_are_refused_in_words(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LinkSettings(**wrong)


@pytest.mark.parametrize(
    ("loss", "length", "holds"),
    [
        (0.01, 1.0, True),
        (0.01, 0.99, False),
        (0.5, 1.0, True),
        (0.75, 3.0, True),  # bursts of 3 with single packets between them
        (0.75, 2.9, False),
        (1.0, 1e9, False),
        (0.1, float("inf"), False),
        (0.0, 4.0, True),
    ],
)
def test_bursts_must_be_long_enough_for_the_loss(loss: float, length: float, holds: bool) -> None:
    if holds:
        LinkSettings(loss=loss, avg_burst_loss_length=length)
        return
    with pytest.raises(ValueError, match="or more is allowed"):
        LinkSettings(loss=loss, avg_burst_loss_length=length)


def test_bursts_must_be_long_enough_for_the_loss_of_every_step() -> None:
    trace = Steps((Step(0, loss=0.1), Step(1, loss=0.9)), 2)
    with pytest.raises(ValueError, match=r"with loss 0\.9"):
        LinkSettings(trace=trace, avg_burst_loss_length=2)

from __future__ import annotations

import math
from itertools import groupby, pairwise

import pytest

from g2gbench.link.emulation import LinkEmulator, LinkSettings
from tests.link.virtual import S, fates, passages, regular


def _lost(settings: LinkSettings, number: int, seed: int = 1) -> list[bool]:
    return [fate == "loss" for fate in fates(passages(settings, regular(number, 1000), seed=seed))]


@pytest.mark.parametrize("loss", [0.001, 0.03, 0.5])
def test_loss_rate_is_what_was_asked_within_its_confidence(loss: float) -> None:
    lost = _lost(LinkSettings(loss=loss), n := 100_000)
    assert abs(sum(lost) / n - loss) < 4 * math.sqrt(loss * (1 - loss) / n)


@pytest.mark.parametrize(
    ("loss", "length"),
    [
        (0.05, 4.0),
        pytest.param(0.3, 10.0, marks=pytest.mark.nightly),
        (0.01, 1.0),
        pytest.param(0.6, 1.5, marks=pytest.mark.nightly),
    ],
)
def test_bursts_have_the_rate_and_mean_length_that_were_asked(loss: float, length: float) -> None:
    n = 200_000
    lost = _lost(LinkSettings(loss=loss, avg_burst_loss_length=length), n)
    bursts = [len(list(run)) for is_lost, run in groupby(lost) if is_lost]
    # Lengths are geometric; the chain's states are correlated by the difference of its chances.
    spread = length * math.sqrt(1 - 1 / length)
    assert abs(sum(bursts) / len(bursts) - length) <= 4 * spread / math.sqrt(len(bursts))
    correlation = (1 - 1 / length) - loss / (1 - loss) / length
    variance = loss * (1 - loss) / n * (1 + correlation) / (1 - correlation)
    assert abs(sum(lost) / n - loss) < 4 * math.sqrt(variance)


def test_losses_on_their_own_have_no_memory() -> None:
    loss, n = 0.2, 100_000
    lost = _lost(LinkSettings(loss=loss), n)
    after_loss = [now for before, now in pairwise(lost) if before]
    spread = math.sqrt(loss * (1 - loss) / len(after_loss))
    assert abs(sum(after_loss) / len(after_loss) - loss) < 4 * spread


def test_a_lost_packet_has_used_its_capacity() -> None:
    found = passages(LinkSettings(loss=1.0, capacity_bps=8e6), regular(3, 0))
    assert [(x.at_ns, x.due_ns, x.fate) for x in found] == [
        (number * 1_000_000, -1, "loss") for number in (1, 2, 3)
    ]


def test_a_change_of_loss_takes_effect_on_the_packets_that_come_after() -> None:
    direction = LinkEmulator(LinkSettings(loss=1.0), 1, 0)
    direction.offer(100, 0, "early")
    direction.change(LinkSettings(), S)
    direction.offer(100, S, "late")
    assert [(x.token, x.fate) for x in direction.advance(S)] == [
        ("early", "loss"),
        ("late", "passed"),
    ]

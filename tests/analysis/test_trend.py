from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
import pytest

from g2gbench.analysis.effect_floors import Floor
from g2gbench.analysis.trend import FEWEST_RUNS, SHORTEST, changes, first_bad, noise_of
from g2gbench.errors import InputError
from tests.analysis.histories import NOISES, history

P50 = "g2g_ms.p50"


@pytest.mark.parametrize("seed", range(10))
def test_a_step_is_found_at_the_run_where_it_is(seed: int) -> None:
    values = history("normal", 24, seed, step_at=15, step=8)
    (found,) = changes(values, P50)
    assert abs(found.at - 15) <= 1
    assert found.way == "worse"
    assert found.after - found.before == pytest.approx(8 * 4, rel=0.25)
    assert first_bad([found]) == found.at


def test_a_fall_is_better_for_a_latency_and_worse_for_a_frame_rate() -> None:
    falling = history("normal", 24, 1, step_at=12, step=-8)
    assert [one.way for one in changes(falling, P50)] == ["better"]
    assert first_bad(changes(falling, P50)) is None
    assert [one.way for one in changes(falling, "fps")] == ["worse"]
    assert [one.way for one in changes(falling, "uplink.bitrate_bps", Floor())] == ["changed"]


def test_what_got_well_again_has_no_first_bad_run() -> None:
    values = history("normal", 30, 2, step_at=10, step=10)
    values[20:] = history("normal", 10, 3)
    assert [one.way for one in changes(values, P50)] == ["worse", "better"]
    assert first_bad(changes(values, P50)) is None


def test_a_level_is_held_by_several_runs() -> None:
    values = history("normal", 20, 4)
    for length in range(1, 2 * SHORTEST):
        spiked = list(values)
        spiked[8 : 8 + length] = [v + 80 for v in spiked[8 : 8 + length]]
        lone = [one for one in changes(spiked, P50) if one.at == 8]
        if length >= SHORTEST:
            assert lone
        if length == 1:
            assert not changes(spiked, P50)


def test_fewer_runs_than_needed_tell_no_change() -> None:
    values = [100.0] * (FEWEST_RUNS - 4) + [300.0] * 3
    assert changes(values, P50) == ()
    assert changes([*values, 300.0], P50) != ()


def test_a_change_below_the_effect_floor_is_none() -> None:
    values = history("normal", 24, 5, step_at=12, step=8)
    assert changes(values, P50, Floor(least=20))
    assert changes(values, P50, Floor(least=60)) == ()


def test_a_history_in_which_nothing_differs_has_no_change() -> None:
    assert changes([0.0] * 20, "drop_ratio") == ()


def test_one_odd_run_among_equal_ones_is_no_change() -> None:
    assert changes([*[0.0] * 12, 0.02, *[0.0] * 7], "drop_ratio") == ()


def test_the_noise_is_that_from_run_to_run_whatever_the_step() -> None:
    plain = np.asarray(history("normal", 400, 6))
    stepped = np.asarray(history("normal", 400, 6, step_at=200, step=50))
    assert noise_of(plain) == pytest.approx(4, rel=0.15)
    assert noise_of(stepped) == pytest.approx(noise_of(plain), rel=0.2)


@pytest.mark.parametrize("noise", NOISES)
def test_histories_without_a_change_seldom_show_one(noise: str) -> None:
    alarms = [bool(changes(history(noise, 16, seed), P50, Floor())) for seed in range(150)]
    assert np.mean(alarms) <= 0.08  # 5 % of 150, and what chance adds to it in one of 20 tests


def test_every_way_of_noise_has_the_same_spread() -> None:
    spreads: Mapping[str, float] = {n: float(np.std(history(n, 4000, 1))) for n in NOISES}
    assert all(2 < spread < 9 for spread in spreads.values())


def test_without_the_package_that_finds_changes_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(InputError, match=r"pip install 'g2gbench\[reports\]'"):
        changes(history("normal", 24, 1), P50)

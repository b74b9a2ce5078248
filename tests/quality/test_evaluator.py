from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.quality import Evaluator, Level, Sample, Thresholds, Verdict, score
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings
from tests.drawn import drawn
from tests.quality.samples import samples

GOOD = Sample(g2g_ms=100, fraction_lost=0.0, available_bitrate_bps=9e6, inbound_fps=30)
FAIR = replace(GOOD, g2g_ms=600)
POOR = replace(GOOD, g2g_ms=1000)
CRITICAL = replace(GOOD, g2g_ms=2000)
NOTHING = Sample()


def pushed(evaluator: Evaluator, *each: Sample) -> list[Verdict | None]:
    return [evaluator.push(sample) for sample in each]


def warm(sample: Sample = GOOD, **changed: Any) -> Evaluator:
    """An evaluator that holds the level of a sample, its window of one, its warm-up over."""
    evaluator = Evaluator(**{"window": 1, "warmup": 1, **changed})
    evaluator.push(sample)
    return evaluator


def latest(evaluator: Evaluator) -> Verdict:
    assert evaluator.latest is not None
    return evaluator.latest


def held(evaluator: Evaluator) -> Level | None:
    return latest(evaluator).level


def current(evaluator: Evaluator) -> Verdict:
    assert evaluator.current is not None
    return evaluator.current


def test_there_is_no_verdict_before_the_first_sample() -> None:
    assert Evaluator().latest is None
    assert Evaluator().current is None


def test_first_verdict_is_emitted_at_once_and_is_provisional() -> None:
    evaluator = Evaluator()
    first = evaluator.push(POOR)
    assert first is evaluator.latest
    assert first is not None
    assert (first.level, first.limiting_factor) == (Level.POOR, "latency")
    assert first.provisional


def test_warm_up_ends_with_the_eighth_sample_which_is_emitted_even_if_unchanged() -> None:
    emitted = pushed(Evaluator(), *[GOOD] * 9)
    assert [verdict is not None for verdict in emitted] == [True, *[False] * 6, True, False]
    assert emitted[7] is not None
    assert (emitted[7].level, emitted[7].provisional) == (Level.GOOD, False)


def test_bandwidth_is_not_scored_before_the_warm_up_ends() -> None:
    evaluator = Evaluator()
    narrow = replace(GOOD, available_bitrate_bps=1e5)
    assert all(v is None or v.level is Level.GOOD for v in pushed(evaluator, *[narrow] * 7))
    eighth = evaluator.push(narrow)
    assert eighth is not None  # committed at once, without waiting for five of them
    assert (eighth.level, eighth.limiting_factor) == (Level.CRITICAL, "bandwidth")


def test_the_sample_that_ends_the_warm_up_commits_without_debounce() -> None:
    evaluator = Evaluator(window=1, warmup=4)
    pushed(evaluator, GOOD, GOOD, GOOD)
    fourth = evaluator.push(POOR)
    assert fourth is not None
    assert (fourth.level, fourth.provisional) == (Level.POOR, False)


def test_a_warm_up_of_one_sample_is_never_provisional() -> None:
    evaluator = Evaluator(warmup=1)
    first = evaluator.push(replace(GOOD, available_bitrate_bps=1e5))
    assert first is not None
    assert (first.level, first.provisional) == (Level.CRITICAL, False)


def test_level_changes_after_that_many_samples_of_one_new_level() -> None:
    evaluator = warm(downgrade_after=3, upgrade_after=2)
    assert pushed(evaluator, POOR, POOR) == [None, None]
    down = evaluator.push(POOR)
    assert down is not None
    assert down.level is Level.POOR
    assert evaluator.push(GOOD) is None
    up = evaluator.push(GOOD)
    assert up is not None
    assert up.level is Level.GOOD


def test_a_sample_at_the_held_level_resets_the_count() -> None:
    evaluator = warm(downgrade_after=3)
    pushed(evaluator, POOR, POOR, GOOD, POOR, POOR)
    assert held(evaluator) is Level.GOOD


def test_a_sample_at_another_new_level_begins_the_count_anew() -> None:
    evaluator = warm(downgrade_after=3)
    pushed(evaluator, POOR, POOR, FAIR, FAIR)
    assert held(evaluator) is Level.GOOD
    evaluator.push(FAIR)
    assert held(evaluator) is Level.FAIR


def test_levels_are_debounced_while_warming_up_too() -> None:
    evaluator = Evaluator(window=1, warmup=100, downgrade_after=2)
    pushed(evaluator, GOOD, POOR)
    assert held(evaluator) is Level.GOOD
    evaluator.push(POOR)
    assert held(evaluator) is Level.POOR


def test_window_takes_medians_and_the_least_frame_rate() -> None:
    evaluator = Evaluator(window=3, warmup=1)
    pushed(
        evaluator,
        Sample(g2g_ms=100, fraction_lost=0.0, available_bitrate_bps=4e6, inbound_fps=30),
        Sample(g2g_ms=2000, fraction_lost=0.2, available_bitrate_bps=1e5, inbound_fps=8),
        Sample(g2g_ms=600, fraction_lost=5, available_bitrate_bps=3e6, inbound_fps=30),
    )
    assert evaluator.current is not None
    assert evaluator.current.levels == {
        "latency": Level.FAIR,  # 600 ms
        "loss": Level.POOR,  # 5 / 256, not the 5 of the raw byte
        "bandwidth": Level.FAIR,  # 3 Mbps
        "stall": Level.POOR,  # 8 frames a second
    }


def test_median_of_two_lies_between_them() -> None:
    evaluator = Evaluator(window=2, warmup=1)
    pushed(evaluator, Sample(rtt_ms=100), Sample(rtt_ms=300))
    assert evaluator.current is not None
    assert evaluator.current.reasons == ("the round trip is 200 ms, above 150 ms",)


def test_a_single_second_without_frames_is_five_bad_samples_and_is_held() -> None:
    evaluator = Evaluator()
    pushed(evaluator, *[GOOD] * 8, replace(GOOD, inbound_fps=0), *[GOOD] * 3)
    assert held(evaluator) is Level.GOOD
    evaluator.push(GOOD)
    assert held(evaluator) is Level.CRITICAL


def test_drops_and_freezes_are_those_of_the_last_sample() -> None:
    evaluator = warm(window=5)
    evaluator.push(replace(GOOD, g2g_drop_ratio=1.0, freeze=True))
    assert current(evaluator).level is Level.CRITICAL
    evaluator.push(GOOD)
    assert current(evaluator).level is Level.GOOD


def test_values_older_than_the_window_never_count() -> None:
    evaluator = Evaluator(window=3, warmup=1)
    pushed(evaluator, GOOD, Sample(rtt_ms=20), Sample(rtt_ms=20))
    assert latest(evaluator).unmeasured == ()
    evaluator.push(Sample(rtt_ms=20))
    assert latest(evaluator).unmeasured == ("bandwidth", "loss", "stall")


def test_stream_that_stopped_reporting_becomes_unknown_after_a_window_of_nothing() -> None:
    evaluator = Evaluator(warmup=1)
    pushed(evaluator, POOR, *[NOTHING] * 4)
    assert held(evaluator) is Level.POOR
    verdict = evaluator.push(NOTHING)
    assert verdict is not None
    assert verdict.level is None
    assert verdict.limiting_factor == "none"
    assert verdict.reasons == ("nothing was measured",)
    assert verdict.unmeasured == ("bandwidth", "loss", "latency", "stall")


def test_a_level_is_held_over_a_few_samples_without_values() -> None:
    evaluator = warm(Sample(g2g_drop_ratio=0.02), window=3)
    pushed(evaluator, NOTHING, NOTHING)
    assert held(evaluator) is Level.POOR
    evaluator.push(NOTHING)
    assert held(evaluator) is None


def test_a_sample_without_values_begins_the_count_anew() -> None:
    evaluator = warm(downgrade_after=2, window=2)
    drops = replace(NOTHING, g2g_drop_ratio=0.5)
    pushed(evaluator, NOTHING, drops, NOTHING, drops)
    assert held(evaluator) is Level.GOOD


def test_unknown_gives_way_to_the_first_level_that_is_known() -> None:
    evaluator = Evaluator()
    first = evaluator.push(NOTHING)
    assert first is not None
    assert first.level is None
    second = evaluator.push(FAIR)
    assert second is not None
    assert second.level is Level.FAIR


def test_reason_is_the_samples_while_it_is_as_bad_as_what_is_held() -> None:
    evaluator = warm(POOR, downgrade_after=5)
    evaluator.push(replace(POOR, fraction_lost=0.2))
    assert (held(evaluator), latest(evaluator).limiting_factor) == (Level.POOR, "loss")


def test_last_reason_stays_while_a_sample_has_recovered_and_the_level_has_not() -> None:
    evaluator = warm(POOR)
    evaluator.push(replace(FAIR, quality_limitation="cpu"))
    assert held(evaluator) is Level.POOR
    assert latest(evaluator).reasons == ("g2g is 1000 ms, above 900 ms",)


def test_good_has_no_reason_but_the_processor() -> None:
    evaluator = warm()
    evaluator.push(POOR)
    assert (latest(evaluator).limiting_factor, latest(evaluator).reasons) == ("none", ())
    evaluator.push(replace(POOR, quality_limitation="cpu"))
    assert latest(evaluator).limiting_factor == "cpu"
    assert held(evaluator) is Level.GOOD


def test_thresholds_and_required_bitrate_are_those_given() -> None:
    evaluator = Evaluator(
        warmup=1,
        required_bitrate_bps=20_000_000,
        thresholds=Thresholds(g2g_ms=(10, 20, 30)),  # type: ignore[arg-type] # three numbers will do
    )
    verdict = evaluator.push(GOOD)
    assert verdict is not None
    assert verdict.levels["latency"] is Level.CRITICAL
    assert verdict.levels["bandwidth"] is Level.CRITICAL


def test_settings_make_the_evaluator_of_their_keywords() -> None:
    changed = Settings(window=2, warmup=3, downgrade_after=1, upgrade_after=2)
    one = Evaluator.of(changed)
    two = Evaluator(window=2, warmup=3, downgrade_after=1, upgrade_after=2)
    course = [GOOD, POOR, POOR, GOOD, GOOD, GOOD]
    assert pushed(one, *course) == pushed(two, *course)
    assert Evaluator.of(DEFAULT_SETTINGS).push(GOOD) == Evaluator().push(GOOD)


@pytest.mark.parametrize("name", ["window", "warmup", "downgrade_after", "upgrade_after"])
def test_settings_below_one_and_other_types_are_refused(name: str) -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"{name} is {value}; it must be at least 1"):
            Evaluator(**{name: value})  # type: ignore[arg-type] # wrong on purpose
    for wrong in (2.0, "2", True, None):
        with pytest.raises(TypeError, match=name):
            Evaluator(**{name: wrong})  # type: ignore[arg-type] # wrong on purpose


def test_required_bitrate_and_samples_are_checked() -> None:
    with pytest.raises(ValueError, match="required_bitrate_bps"):
        Evaluator(required_bitrate_bps=0)
    with pytest.raises(TypeError, match="is no Sample"):
        Evaluator().push("good")  # type: ignore[arg-type] # wrong on purpose


def course() -> st.SearchStrategy[list[Sample]]:
    return st.lists(samples() | st.sampled_from([GOOD, FAIR, POOR, CRITICAL, NOTHING]), max_size=40)


def verdicts(evaluator: Evaluator, each: Iterable[Sample]) -> list[Verdict]:
    found = []
    for sample in each:
        emitted = evaluator.push(sample)
        assert evaluator.latest is not None
        assert emitted is None or emitted is evaluator.latest
        found.append(evaluator.latest)
    return found


@drawn(15, 200, course(), course())
def test_a_reset_evaluator_is_a_new_one(before: list[Sample], after: list[Sample]) -> None:
    evaluator = Evaluator()
    verdicts(evaluator, before)
    evaluator.reset()
    evaluator.reset()
    assert evaluator.latest is None
    assert verdicts(evaluator, after) == verdicts(Evaluator(), after)


@drawn(15, 200, course(), st.integers(1, 4), st.integers(1, 4))
def test_level_never_changes_faster_than_the_hysteresis(
    each: list[Sample], down: int, up: int
) -> None:
    evaluator = Evaluator(warmup=1, window=3, downgrade_after=down, upgrade_after=up)
    since = 0
    previous: Verdict | None = None
    for verdict in verdicts(evaluator, each):
        since += 1
        if previous is not None and verdict.level != previous.level:
            if verdict.level is not None and previous.level is not None:
                assert since >= (down if verdict.level < previous.level else up)
            since = 0
        previous = verdict


@drawn(15, 200, course())
def test_a_bad_level_always_has_a_reason_and_good_never_a_dimension(each: list[Sample]) -> None:
    for verdict in verdicts(Evaluator(), each):
        if verdict.level is Level.GOOD:
            assert verdict.limiting_factor in ("none", "cpu")
        elif verdict.level is not None:
            assert verdict.reasons
            assert verdict.limiting_factor not in ("none", "cpu")


@given(samples())
def test_a_steady_stream_is_held_at_its_score(sample: Sample) -> None:
    evaluator = Evaluator()
    pushed(evaluator, *[sample] * 8)
    assert held(evaluator) == score(sample).level

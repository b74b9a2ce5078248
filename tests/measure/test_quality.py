from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from g2gbench.measure.evaluate import evaluate
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import build
from g2gbench.measure.quality import Judged, of_steady_state, samples, timeline
from g2gbench.measure.records import Event, Reached, Record, Scalar, Stats
from g2gbench.quality import Band, Level, Sample, Thresholds, drops
from g2gbench.quality.thresholds import Settings
from tests.measure import sessions
from tests.measure.sessions import MS, SECOND, START, capture_ns, seen

FRAMES = 500  # 20 s at 25 a second
AT_ONCE = Settings(window=1, warmup=1, downgrade_after=1, upgrade_after=1)


def recorded(
    g2g_ms: Callable[[float], float | None] = lambda _: 100.0,
    records: Iterable[Record] = (),
    *,
    frames: int = FRAMES,
    room: bool = True,
) -> Session:
    """A session whose frame, captured so many seconds after its start, comes back after so long."""
    kept: list[Record] = [Reached(START, "room")] if room else []
    for frame in range(frames):
        value = g2g_ms((capture_ns(frame) - START) / SECOND)
        if value is not None:
            kept.append(seen(frame, value))
    return sessions.session([*kept, *records], frames=frames)


def each_second(view: Session) -> list[Sample]:
    return [sample for _, sample in samples(view, build(view))]


def judged(view: Session, settings: Settings = AT_ONCE) -> tuple[Judged, ...]:
    return timeline(view, build(view), settings)


def snapshots(values: Callable[[int], dict[str, Scalar]], count: int = 20) -> list[Stats]:
    """One a second, half a second into it."""
    return [Stats(START + i * SECOND + 500 * MS, values(i)) for i in range(count)]


def test_seconds_are_whole_and_counted_from_the_connected_room_to_the_end() -> None:
    ends = [at_ns for at_ns, _ in samples(recorded(), build(recorded()))]
    assert ends == [START + (i + 1) * SECOND for i in range(20)]


def test_without_a_room_seconds_are_counted_from_the_first_frame() -> None:
    view = recorded(room=False)
    ends = [at_ns for at_ns, _ in samples(view, build(view))]
    assert ends[0] == capture_ns(0) + 100 * MS + SECOND
    assert len(ends) == 19


def test_a_session_that_reached_nothing_has_no_second() -> None:
    assert judged(recorded(lambda _: None, room=False)) == ()


def test_a_session_of_which_no_frame_came_back_measured_no_frames_a_second() -> None:
    assert set(each_second(recorded(lambda _: None))) == {Sample()}


def test_g2g_is_the_median_of_the_frames_first_seen_in_the_second() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if at_s < 10 else 300.0))
    assert [sample.g2g_ms for sample in found[:10]] == [100.0] * 10
    assert found[12].g2g_ms == 300.0


def test_a_negative_latency_is_no_sample() -> None:
    view = recorded()
    book = build(view)
    shifted = replace(book, g2g_ms=book.g2g_ms - 1000)
    assert samples(view, shifted)[5][1].g2g_ms is None


def test_frames_a_second_are_counted_from_the_first_whole_second_after_the_first_frame() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if at_s >= 2.5 else None))
    assert [sample.inbound_fps for sample in found[:3]] == [None] * 3
    assert found[3].inbound_fps == 25


def test_no_frame_at_all_is_a_measurement_once_the_session_is_live() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if not 5 <= at_s < 9 else None))
    assert found[7].inbound_fps == 0
    assert found[7].g2g_ms is None


def test_drops_count_from_the_first_second() -> None:
    found = each_second(recorded(lambda at_s: None if 0.2 <= at_s < 0.4 else 100.0))
    assert found[0].g2g_drop_ratio == 0
    # Known 1 s after the frame behind them was back, in the second second.
    assert found[1].g2g_drop_ratio == pytest.approx(5 / 48, abs=0.01)


def test_frames_before_the_session_was_live_are_no_drops() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if at_s >= 3 else None))
    assert [sample.g2g_drop_ratio for sample in found[:3]] == [None] * 3
    assert {sample.g2g_drop_ratio for sample in found[3:]} == {0.0}


def test_drops_are_taken_over_the_last_seconds() -> None:
    lost = capture_ns(150)  # at 6 s, given up 1 s after the next is back
    found = each_second(recorded(lambda at_s: None if at_s == (lost - START) / SECOND else 100.0))
    there = [i for i, sample in enumerate(found) if sample.g2g_drop_ratio]
    assert there == [7, 8, 9, 10]
    assert len(there) == drops.DROP_SECONDS
    assert found[8].g2g_drop_ratio == pytest.approx(1 / 100)


def test_one_lost_frame_alone_never_moves_the_held_level() -> None:
    lost = (capture_ns(300) - START) / SECOND
    found = judged(recorded(lambda at_s: None if at_s == lost else 100.0), Settings())
    assert {one.held for one in found} == {Level.GOOD}
    assert Level.FAIR in {one.level for one in found}


def test_a_frame_whose_fate_is_open_at_its_deadline_counts_as_dropped() -> None:
    # Nothing comes after 10 s, so nothing overtakes: the deadline alone decides.
    found = each_second(recorded(lambda at_s: 100.0 if at_s <= 10 else None))
    deadline_s = drops.DEADLINE_NS // SECOND
    assert found[10 + deadline_s - 1].g2g_drop_ratio == 0
    assert found[10 + deadline_s].g2g_drop_ratio == pytest.approx(25 / 28, abs=0.01)
    assert found[10 + deadline_s + 2].g2g_drop_ratio == 1


def test_a_slow_session_is_slow_and_loses_nothing() -> None:
    found = each_second(recorded(lambda _: 2500.0))
    assert {sample.g2g_drop_ratio for sample in found} == {None, 0.0}
    assert found[-1].g2g_ms == 2500


def test_a_frame_that_comes_after_it_was_given_up_stays_dropped() -> None:
    late = (capture_ns(100) - START) / SECOND
    found = each_second(recorded(lambda at_s: 2000.0 if at_s == late else 100.0))
    assert sum(bool(sample.g2g_drop_ratio) for sample in found) == drops.DROP_SECONDS


def test_a_freeze_is_told_while_it_lasts_and_in_the_second_of_its_end() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if not 5 <= at_s < 8.5 else None))
    assert [i for i, sample in enumerate(found) if sample.freeze] == [5, 6, 7, 8]


def test_a_single_frame_has_no_interval_that_a_freeze_could_be_longer_than() -> None:
    first = (capture_ns(0) - START) / SECOND
    found = each_second(recorded(lambda at_s: 100.0 if at_s == first else None))
    assert not any(sample.freeze for sample in found)
    assert {sample.inbound_fps for sample in found[1:]} == {0}


def test_a_freeze_that_a_session_ends_in_is_told() -> None:
    found = each_second(recorded(lambda at_s: 100.0 if at_s < 17 else None))
    assert [i for i, sample in enumerate(found) if sample.freeze] == [17, 18, 19]


def test_the_network_is_that_of_the_snapshot_of_the_second() -> None:
    view = recorded(
        records=snapshots(
            lambda i: {
                "remote_inbound.round_trip_time": 0.01 * (i + 1),
                "remote_inbound.fraction_lost": 0.0,
                "pair.available_outgoing_bitrate": 2e6,
                "inbound.frames_decoded": 1000 * i,
                "outbound.quality_limitation_reason": "cpu",
            }
        )
    )
    found = each_second(view)
    assert [round(sample.rtt_ms or 0) for sample in found] == [10 * (i + 1) for i in range(20)]
    assert found[5].quality_limitation == "cpu"
    assert found[5].inbound_fps == 25  # what was seen, not what was decoded


def test_a_second_without_a_snapshot_measured_no_network() -> None:
    view = recorded(records=snapshots(lambda _: {"pair.current_round_trip_time": 0.02}, 3))
    assert [sample.rtt_ms for sample in each_second(view)[:5]] == [20, 20, 20, None, None]


def test_each_second_has_its_own_level_and_the_one_that_is_held() -> None:
    view = recorded(lambda at_s: 1000.0 if 11 <= at_s < 16 else 600.0)
    found = judged(view, Settings(window=1, downgrade_after=5, upgrade_after=5))
    assert [i for i, one in enumerate(found) if one.level is Level.POOR] == [12, 13, 14, 15, 16]
    assert [i for i, one in enumerate(found) if one.held is Level.POOR] == [16, 17, 18, 19]
    assert found[16].limiting_factor == "latency"
    assert found[16].reasons[0] == "g2g is 1000 ms, above 900 ms"


def test_seconds_of_the_warm_up_are_provisional() -> None:
    found = judged(recorded(), Settings())
    assert [one.provisional for one in found] == [True] * 7 + [False] * 13


@pytest.mark.parametrize(
    ("name", "facts"), [("room_reconnected", {}), ("reconnect", {"success": True})]
)
def test_a_reconnect_begins_anew(name: str, facts: dict[str, bool]) -> None:
    again = Event(START + 12 * SECOND + 500 * MS, name, dict(facts))
    found = judged(recorded(records=[again]), Settings())
    assert [i for i, one in enumerate(found) if one.provisional] == [*range(7), *range(12, 19)]


def test_other_settings_judge_the_same_session_otherwise() -> None:
    strict = replace(AT_ONCE, thresholds=Thresholds(g2g_ms=Band(10, 20, 200)))
    assert {one.held for one in judged(recorded(), strict)} == {Level.POOR}
    assert {one.held for one in judged(recorded())} == {Level.GOOD}


def test_the_quality_of_a_session_is_the_worst_that_was_held_in_its_steady_state() -> None:
    view = recorded(lambda at_s: 1000.0 if 12 <= at_s < 15 else 600.0)
    found = of_steady_state(view, judged(view))
    assert found.value.value == Level.POOR
    assert (found.limiting_factor, found.reasons) == (
        "latency",
        ("g2g is 1000 ms, above 900 ms",),
    )


def test_what_was_held_before_the_steady_state_does_not_count() -> None:
    slow = recorded(lambda at_s: 1000.0 if at_s < 8 else 600.0)
    view = replace(slow, reached={**slow.reached, "measure": START + 12 * SECOND})
    assert of_steady_state(view, judged(view)).value.value == Level.FAIR


def test_the_factor_is_the_most_frequent_one_at_the_worst_level() -> None:
    view = recorded(
        lambda at_s: 1000.0 if 5 <= at_s < 9 else 600.0,
        snapshots(lambda i: {"remote_inbound.fraction_lost": 0.02 if 12 <= i < 14 else 0.0}),
    )
    found = of_steady_state(view, judged(view))
    assert (found.value.value, found.limiting_factor) == (Level.POOR, "latency")


def test_unknown_and_provisional_seconds_are_remarked() -> None:
    view = recorded(lambda at_s: 100.0 if at_s >= 2 else None)
    found = of_steady_state(view, judged(view, Settings())).value
    assert found.reason == "unknown in 2 of 20 s; provisional in 7 of 20 s"
    assert found.n == 18


def test_quality_is_missing_with_the_reason_where_no_level_is_known() -> None:
    nothing = recorded(lambda _: None)
    assert of_steady_state(nothing, judged(nothing)).value.reason == (
        "no level is known in the steady state: nothing was measured"
    )
    assert "no whole second" in of_steady_state(recorded(), ()).value.reason
    cold = sessions.without_steady_state(recorded())
    found = of_steady_state(cold, judged(cold))
    assert (found.value.value, found.value.reason) == (None, "the warm-up was never over")
    assert found.limiting_factor is None


def test_evaluating_a_session_judges_it_under_the_settings_given() -> None:
    view = recorded()
    strict = replace(AT_ONCE, thresholds=Thresholds(g2g_ms=Band(10, 20, 30)))
    evaluation = evaluate(view, settings=strict)
    assert evaluation.metrics["quality"].value == Level.CRITICAL
    assert evaluation.quality.limiting_factor == "latency"
    assert len(evaluation.judged) == 20
    assert evaluate(view).metrics["quality"].value == Level.GOOD

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.measure import ledger as ledger_module
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import OUTCOMES, Ledger, build
from g2gbench.measure.marker_matching import MOST_SHIFTED
from g2gbench.measure.records import Record
from tests.measure import sessions
from tests.measure.sessions import MS, SECOND, Simulation, capture_ns, captured, seen


def outcomes(view: Session) -> list[str]:
    return [OUTCOMES[code] for code in build(view).outcome.tolist()]


def test_a_row_tells_when_its_frame_was_captured_received_and_read() -> None:
    book = build(sessions.session([seen(0), seen(1, 130)], frames=2))
    assert book.g2g_ms.tolist() == [100.0, 130.0]
    assert (book.received_ns - book.captured_ns).tolist() == [100 * MS, 130 * MS]
    assert (book.read_ns - book.received_ns).tolist() == [MS, MS]
    assert book.width.tolist() == [1088, 1088]
    assert book.reads.tolist() == [1, 1]
    assert np.isnan(book.psnr_db).all()


def test_a_frame_that_never_came_back_is_dropped() -> None:
    view = sessions.session([seen(0), seen(2)], frames=3)
    assert outcomes(view) == ["delivered", "dropped", "delivered"]
    book = build(view)
    assert book.received_ns[1] == book.read_ns[1] == book.width[1] == -1
    assert np.isnan(book.g2g_ms[1])


def test_a_frame_that_the_sdk_refused_was_not_published() -> None:
    view = sessions.session(
        [captured(0), captured(1, accepted=False), captured(2), seen(0), seen(2)]
    )
    assert outcomes(view) == ["delivered", "not_published", "delivered"]


def test_a_frame_captured_before_the_first_delivered_one_is_no_drop() -> None:
    view = sessions.session([seen(2), seen(4)], frames=5)
    assert outcomes(view) == ["before_live", "before_live", "delivered", "dropped", "delivered"]


def test_without_a_delivered_frame_the_session_was_never_live() -> None:
    assert set(outcomes(sessions.session(frames=3))) == {"before_live"}


@pytest.mark.parametrize(("before_end_ms", "outcome"), [(999, "in_flight"), (1000, "dropped")])
def test_a_frame_has_a_second_to_come_back(before_end_ms: int, outcome: str) -> None:
    view = sessions.session(
        [seen(0)], frames=10, end_ns=capture_ns(9) + before_end_ms * MS, steady=(0, 1)
    )
    assert outcomes(view)[9] == outcome


def test_a_slow_session_gives_its_frames_as_long_as_its_own_p99() -> None:
    slow = [seen(i, 3000) for i in range(20)]
    view = sessions.session(slow, frames=100, end_ns=capture_ns(99) + 500 * MS)
    at_end = outcomes(view)
    assert capture_ns(36) <= view.end_ns - 3 * SECOND < capture_ns(37)
    assert at_end[20:] == ["dropped"] * 17 + ["in_flight"] * 63


def test_a_frame_that_was_overtaken_a_second_before_the_end_is_not_in_flight() -> None:
    remote = [seen(i, 3000 if i < 5 else 100, witness=i) for i in range(85) if i not in (60, 80)]
    end = capture_ns(61) + 1100 * MS
    overtaken = outcomes(sessions.session(remote, frames=85, end_ns=end))
    assert (overtaken[60], overtaken[80]) == ("dropped", "in_flight")
    not_yet = outcomes(sessions.session(remote, frames=85, end_ns=end - 1))
    assert not_yet[60] == "in_flight"


def test_an_unreadable_frame_is_named_by_its_metadata_trailer() -> None:
    view = sessions.session([seen(0), seen(2, reading="rejected", witness=2), seen(4)], frames=5)
    assert outcomes(view) == ["delivered", "dropped", "unreadable", "dropped", "delivered"]
    book = build(view)
    assert book.received_ns[2] == capture_ns(2) + 100 * MS
    assert np.isnan(book.g2g_ms[2])
    assert book.reads[2] == 0


def test_an_unreadable_frame_between_neighbours_fills_the_only_gap() -> None:
    view = sessions.session([seen(0), seen(1, reading="no_marker"), seen(2)], frames=3)
    assert outcomes(view) == ["delivered", "unreadable", "delivered"]


def test_an_unreadable_frame_that_could_be_one_of_two_is_given_no_identity() -> None:
    view = sessions.session([seen(0), seen(1, reading="no_marker"), seen(3)], frames=4)
    assert outcomes(view) == ["delivered", "dropped", "dropped", "delivered"]
    assert build(view).no_marker == 1


def test_a_frame_that_the_sdk_refused_is_not_named_by_a_metadata_trailer() -> None:
    records: list[Record] = [
        captured(0),
        captured(1, accepted=False),
        captured(2),
        seen(0),
        seen(2),
    ]
    book = build(sessions.session([*records, seen(1, reading="rejected", witness=1)]))
    assert book.received_ns[1] == -1


def test_an_unreadable_frame_is_none_that_was_captured_after_it_arrived() -> None:
    early = seen(0, 20, reading="no_marker")
    view = sessions.session([seen(0, 10), early, seen(2, 10)], frames=3)
    assert outcomes(view) == ["delivered", "dropped", "delivered"]


def test_in_a_stream_that_repeats_frames_an_unreadable_one_may_be_a_repeat() -> None:
    remote = [seen(0), seen(0, 110), seen(1, reading="no_marker"), seen(2)]
    assert outcomes(sessions.session(remote, frames=3)) == ["delivered", "dropped", "delivered"]


def test_an_unreadable_frame_that_no_frame_is_missing_for_changes_nothing() -> None:
    view = sessions.session([seen(0), seen(0, 120, reading="no_marker"), seen(1)], frames=2)
    assert outcomes(view) == ["delivered", "delivered"]


def test_the_steady_state_is_counted_by_capture_and_holds_its_start_but_not_its_end() -> None:
    view = sessions.session(
        [seen(i) for i in range(10)], frames=10, steady=(capture_ns(2), capture_ns(8))
    )
    book = build(view)
    assert np.flatnonzero(book.steady).tolist() == [2, 3, 4, 5, 6, 7]
    assert book.frames()["captured"] == 6
    assert len(book) == 10


def test_frames_before_live_are_told_of_the_whole_session() -> None:
    view = sessions.session(
        [seen(i) for i in range(3, 10)], frames=10, steady=(capture_ns(5), capture_ns(10))
    )
    assert build(view).frames() == {
        "captured": 5,
        "delivered": 5,
        "dropped": 0,
        "unreadable": 0,
        "in_flight": 0,
        "not_published": 0,
        "before_live": 3,
    }


def test_the_metadata_trailer_is_a_witness_for_the_marker() -> None:
    remote = [seen(0, witness=0), seen(1, witness=1), seen(2, witness=1), seen(3)]
    book = build(sessions.session(remote, frames=4))
    assert (book.witness_agree, book.witness_disagree) == (2, 1)


@pytest.mark.parametrize(
    ("witnesses", "shifted", "disagree"),
    [
        ({1: 2}, 1, 0),  # frame 2 was dropped, and left its metadata behind
        ({1: 3}, 0, 1),  # frame 3 came: it cannot have been dropped
        ({4: 2}, 0, 1),  # metadata never comes from before its picture
        ({1: 99}, 0, 1),  # no such frame
        ({1: 2, 3: 1}, 1, 1),
    ],
)
def test_metadata_of_a_dropped_frame_is_told_from_a_real_disagreement(
    witnesses: dict[int, int], shifted: int, disagree: int
) -> None:
    remote = [seen(i, witness=witnesses.get(i, i)) for i in range(8) if i != 2]
    book = build(sessions.session(remote, frames=8))
    assert (book.witness_shifted, book.witness_disagree) == (shifted, disagree)
    assert book.counts()["witness_shifted"] == shifted


@pytest.mark.parametrize(("apart", "shifted"), [(MOST_SHIFTED, 1), (MOST_SHIFTED + 1, 0)])
def test_metadata_far_ahead_of_its_picture_is_a_disagreement(apart: int, shifted: int) -> None:
    remote = [seen(0, witness=apart), *(seen(i, witness=i) for i in range(1, apart))]
    book = build(sessions.session(remote, frames=apart + 1))
    assert (book.witness_shifted, book.witness_disagree) == (shifted, 1 - shifted)


def test_a_warm_up_never_over_has_no_steady_state() -> None:
    assert not build(sessions.session([seen(0)], frames=1, steady=(10**15, 10**15))).steady.any()


def test_the_columns_are_those_of_the_contract() -> None:
    contract = [
        "seq", "frame_id", "due_ns", "captured_ns", "received_ns", "read_ns", "outcome",
        "drop_phase", "g2g_ms", "width", "height", "reads", "psnr_db", "ssim",
    ]  # fmt: skip
    assert list(ledger_module.COLUMNS)[: len(contract)] == contract
    book = build(sessions.session(frames=3))
    assert {len(column) for column in book.columns().values()} == {3}


def reported(book: Ledger) -> np.ndarray:
    samples: np.ndarray = book.g2g_ms[book.outcome == ledger_module.DELIVERED]
    return samples


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 6))]
)
def test_faults_of_the_way_and_the_reader_hardly_move_the_percentiles(seed: int) -> None:
    simulation = Simulation(seed)
    samples = reported(build(simulation.session()))
    truth = np.array(simulation.truth_ms)
    error = np.percentile(samples, [50, 95, 99]) - np.percentile(truth, [50, 95, 99])
    assert abs(error[0]) <= 1
    assert abs(error[1]) <= 5
    assert abs(error[2]) <= 10
    assert 0.96 <= len(samples) / len(truth) <= 1.0


def test_the_simulated_faults_would_move_them_without_the_rules() -> None:
    simulation = Simulation(0)
    view = simulation.session()
    every_reading = [
        (r - c) / MS
        for r, c in zip(
            view.seen.received_ns.tolist(),
            view.captured.captured_ns[build(view).sightings.row].tolist(),
            strict=True,
        )
    ]
    assert np.median(every_reading) - np.median(simulation.truth_ms) > 1


def test_a_session_without_faults_is_reported_exactly() -> None:
    simulation = Simulation(3, mixture=0, stale=0)
    book = build(simulation.session())
    assert sorted(reported(book).round(6)) == sorted(np.array(simulation.truth_ms).round(6))
    assert book.misread == book.not_outstanding == book.late_or_reordered == 0

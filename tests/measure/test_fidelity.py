"""Picture quality of a session made by hand: which frames count, and what their means are."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.measure import fidelity, fidelity_metrics
from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger, build
from g2gbench.measure.metric_value import Value
from g2gbench.measure.records import Event, Record, Scalar, Scored
from tests.measure import sessions
from tests.measure.sessions import MS, capture_ns, seen

G2G_MS = 100


def scored(frame_id: int, shown_id: int | None = None, mse: float = 10.0) -> Scored:
    """The frame's score; of another that stood in for it where ``shown_id`` says so."""
    shown = frame_id if shown_id is None else shown_id
    return Scored(frame_id, shown, capture_ns(shown) + G2G_MS * MS, mse, 1 - mse / 1000)


def session(*records: Record, frames: int = 20, lost: tuple[int, ...] = ()) -> Session:
    back = [seen(i, G2G_MS) for i in range(frames) if i not in lost]
    return sessions.session([*back, *records], frames=frames)


def measured(view: Session) -> tuple[Ledger, dict[str, Value]]:
    book = build(view)
    return book, dict(fidelity_metrics.metrics(view, book))


@pytest.mark.parametrize(
    ("mse", "db"), [(255.0**2, 0.0), (1.0, 48.0), (1.1, 47.717), (0.0, 48.0), (65.025, 30.0)]
)
def test_psnr_is_that_of_8_bit_luma_and_ends_at_its_cap(mse: float, db: float) -> None:
    assert fidelity.psnr_db(np.array([mse]))[0] == pytest.approx(db, abs=1e-3)


def test_what_was_not_scored_has_no_psnr() -> None:
    assert np.isnan(fidelity.psnr_db(np.array([np.nan]))).all()


def test_ten_frames_a_second_are_kept_of_a_short_session() -> None:
    assert fidelity.stride(30, 8, 640 * 360 * 3 // 2) == 3
    assert fidelity.stride(10, 8, 640 * 360 * 3 // 2) == 1
    assert fidelity.stride(2, 8, 640 * 360 * 3 // 2) == 1


@pytest.mark.parametrize(("fps", "seconds"), [(30, 20), (60, 600), (25, 3600)])
@pytest.mark.parametrize("picture", [345_600, 1_018_368, 12_441_600])
def test_a_session_of_any_length_and_size_keeps_no_more_than_its_bounds(
    fps: float, seconds: float, picture: int
) -> None:
    every = fidelity.stride(fps, seconds, picture)
    kept = fps * seconds / every
    assert kept <= fidelity.MOST_SAMPLES
    assert kept * picture <= fidelity.MOST_BYTES
    least = min(fidelity.MOST_SAMPLES, fidelity.MOST_BYTES / picture, 10 * seconds)
    assert kept > least / 2.1  # and not many fewer than they allow


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 100])
def test_every_place_is_visited_once(size: int) -> None:
    assert sorted(fidelity.passes(size)) == list(range(size))


@pytest.mark.parametrize("done", [4, 10, 33, 60])
def test_what_is_stopped_early_is_spread_over_the_session(done: int) -> None:
    places = sorted(list(fidelity.passes(100))[:done])
    gaps = np.diff([0, *places, 100])
    assert gaps.max() <= 2 * 128 / done  # no hole of more than two even steps


def test_a_delivered_frame_has_its_score_in_its_row() -> None:
    book, _ = measured(session(scored(3, mse=65.025)))
    assert book.psnr_db[3] == book.psnr_displayed_db[3] == pytest.approx(30)
    assert book.ssim[3] == book.ssim_displayed[3] == pytest.approx(1 - 0.065025)
    assert np.isfinite(book.psnr_db).sum() == 1


def test_in_place_of_a_dropped_frame_the_picture_before_it_was_on_display() -> None:
    book, _ = measured(session(scored(4, 3, mse=65.025), lost=(4,)))
    assert np.isnan(book.psnr_db[4])
    assert np.isnan(book.ssim[4])
    assert book.psnr_displayed_db[4] == pytest.approx(30)
    assert np.isfinite(book.ssim_displayed[4])


def test_nothing_stands_in_for_a_frame_that_came() -> None:
    book, _ = measured(session(scored(4, 3), scored(4, mse=65.025)))
    assert book.psnr_displayed_db[4] == book.psnr_db[4] == pytest.approx(30)


def test_the_score_of_a_picture_that_was_misread_counts_for_nothing() -> None:
    other = Scored(4, 4, capture_ns(9), 10.0, 0.9)  # no frame 4 came at that moment
    stand_in = Scored(5, 4, capture_ns(9), 10.0, 0.9)
    unknown = scored(900)
    book, _ = measured(session(other, stand_in, unknown, lost=(5,)))
    assert not np.isfinite(book.psnr_db).any()
    assert not np.isfinite(book.psnr_displayed_db).any()


def test_a_trial_has_the_mean_of_its_frames_decibels() -> None:
    records = [scored(i, mse=65.025 if i % 2 else 6.5025) for i in range(10)]
    _, found = measured(session(*records))
    assert found["psnr_db"].value == pytest.approx(35)
    assert found["psnr_db"].n == 10
    assert found["ssim"].value == pytest.approx(1 - (0.065025 + 0.0065025) / 2)
    assert found["fidelity_scored_ratio"] == Value(0.5, n=20)
    assert found["fidelity_unmatched_ratio"] == Value(0.0, n=20)
    assert found["fidelity_identical"].value == 0


def test_a_dropped_frame_lowers_what_was_displayed_and_is_told_as_unmatched() -> None:
    matched = [scored(i, mse=6.5025) for i in range(12)]
    _, found = measured(session(*matched, scored(12, 11, mse=650.25), lost=(12,)))
    assert found["psnr_db"].value == pytest.approx(40)
    assert found["psnr_displayed_db"].value == pytest.approx((12 * 40 + 20) / 13)
    assert found["psnr_displayed_db"].n == 13
    assert found["fidelity_unmatched_ratio"].value == pytest.approx(1 / 20)


def test_identical_frames_are_counted_and_get_the_cap() -> None:
    _, found = measured(session(*(scored(i, mse=0.0 if i < 3 else 0.5) for i in range(12))))
    assert found["psnr_db"].value == fidelity.PSNR_CAP_DB
    assert found["fidelity_identical"].value == 3


def test_a_mean_of_a_few_frames_is_none() -> None:
    few = [scored(i) for i in range(fidelity_metrics.FEWEST - 1)]
    _, found = measured(session(*few))
    assert found["psnr_db"].value is None
    assert found["psnr_db"].reason == "needs 10 scored frames, has 9"
    assert measured(session(*few, scored(15)))[1]["psnr_db"].value is not None


def test_frames_of_the_warm_up_do_not_count() -> None:
    records = [scored(i) for i in range(15)]
    back = [seen(i, G2G_MS) for i in range(20)]
    view = sessions.session([*back, *records], frames=20, steady=(capture_ns(5), capture_ns(20)))
    assert measured(view)[1]["psnr_db"].n == 10


def test_the_clients_own_reason_is_told() -> None:
    _, found = measured(session(Event(0, "fidelity", {"reason": "session.fidelity is off"})))
    assert {value.reason for value in found.values()} == {"session.fidelity is off"}
    assert {value.value for value in found.values()} == {None}


@pytest.mark.parametrize(
    ("told", "value", "reason"),
    [
        ({"reason": "", "mean": 93.5, "pairs": 60}, 93.5, ""),
        ({"reason": "", "mean": 93.5, "pairs": 4}, None, "needs 10 scored frames, has 4"),
        ({"reason": "FFmpeg ended with status 1: no"}, None, "FFmpeg ended with status 1: no"),
        (None, None, "session.fidelity is not vmaf"),
    ],
)
def test_vmaf_is_what_the_client_told(
    told: dict[str, Scalar] | None, value: float | None, reason: str
) -> None:
    events = [] if told is None else [Event(0, "vmaf", told)]
    _, found = measured(session(*(scored(i) for i in range(12)), *events))
    assert (found["vmaf_displayed"].value, found["vmaf_displayed"].reason) == (value, reason)


def test_a_client_that_compares_nothing_measured_nothing() -> None:
    _, found = measured(session())
    assert {value.reason for value in found.values()} == {fidelity_metrics.NOT_COMPARED}


def test_tails_are_told_of_enough_frames_and_the_harmonic_mean_weighs_low_scores_more() -> None:
    records = [scored(i, mse=65.025 if i % 10 == 0 else 6.5025) for i in range(200)]
    _, found = measured(session(*records, frames=200))
    assert found["psnr_db.p1"] == found["psnr_displayed_db.p1"] == Value(30.0, n=200)
    assert found["psnr_db.p5"].value == pytest.approx(30)
    assert found["psnr_db.harmonic"].value == pytest.approx(200 / (20 / 30 + 180 / 40))
    assert found["psnr_db"].value == pytest.approx(39)
    assert found["ssim.p5"].value == pytest.approx(1 - 0.065025)
    _, few = measured(session(*records[:39], frames=40))
    assert few["psnr_db.p5"].reason == "needs 40 scored frames, has 39"
    assert few["ssim_displayed.p1"].code == "too_short"
    assert few["ssim_displayed.harmonic"].value is not None


def test_a_score_that_is_not_above_zero_has_no_harmonic_mean() -> None:
    found = dict(fidelity_metrics.tails(np.array([1.0, 0.0])))
    assert found["harmonic"].reason == "a score of 0 or below has no harmonic mean"
    shifted = dict(fidelity_metrics.tails(np.array([1.0, 0.0]), shift=1.0))
    assert shifted["harmonic"].value == pytest.approx(2 / (1 / 2 + 1 / 1) - 1)


def vmaf(**facts: Scalar) -> dict[str, Value]:
    detail = {"reason": "", "pairs": 50, "mean": 90.0, **facts}
    _, found = measured(session(scored(1), Event(1, "vmaf", detail)))
    return found


def test_the_tails_of_vmaf_are_those_that_the_client_told() -> None:
    found = vmaf(p1=None, p5=60.0, harmonic=88.0)
    assert found["vmaf_displayed.p5"] == Value(60.0, n=50)
    assert found["vmaf_displayed.harmonic"] == Value(88.0, n=50)
    assert found["vmaf_displayed.p1"].reason == "needs 200 scored frames, has 50"
    assert vmaf()["vmaf_displayed.p5"].reason == "not told by the version that scored it"
    assert vmaf(pairs=3)["vmaf_displayed.p5"].reason == "needs 10 scored frames, has 3"


@pytest.mark.parametrize("picture", [345_600, 1_018_368, 12_441_600, 10**9])
def test_the_pictures_of_the_start_are_denser_at_first_and_fit_their_bounds(picture: int) -> None:
    at_s = fidelity.first_times(picture)
    assert at_s[0] == 0
    assert at_s == sorted(set(at_s))
    assert len(at_s) == 1 or len(at_s) * picture <= fidelity.MOST_FIRST_BYTES
    if picture == 345_600:
        assert len(at_s) == 80
        assert max(np.diff([s for s in at_s if s < 3])) < 0.07
        assert 9.7 < at_s[-1] < 10

"""Errors against injected truths, from sessions made by hand."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest

from g2gbench.analysis.calibration_errors import Count, Injected, Measured, findings, measured
from g2gbench.measure.evaluate import evaluate
from g2gbench.measure.records import Record, ServiceFrame
from tests.measure import sessions
from tests.measure.sessions import MS, capture_ns, seen
from tests.measure.ways import FRAMES, G2G_MS, SERVICE_MS, Truth


def judged(
    truth: Truth,
    injected: Injected,
    *,
    frames: Sequence[ServiceFrame] | None = None,
    more: Collection[Record] = (),
    lost: Collection[int] = (),
) -> Measured:
    frames = truth.service_frames() if frames is None else frames
    gone = {*truth.lost(), *lost}
    returned: list[Record] = [seen(i, G2G_MS) for i in range(FRAMES) if i not in gone]
    session = sessions.session([*returned, *more], frames=FRAMES)
    found = measured(injected, session, evaluate(session, frames, truth.packets()), frames)
    assert found is not None
    return found


def injected_drops(truth: Truth) -> list[ServiceFrame]:
    return [replace(f, dropped="injected") if f.dropped else f for f in truth.service_frames()]


def test_the_error_of_a_part_is_what_it_measured_less_what_was_injected() -> None:
    found = judged(Truth(), Injected(service_ms=SERVICE_MS - 2, uplink_ms=21, downlink_ms=20))
    assert found.parts_ms == {
        "service": pytest.approx(2.0),
        "uplink": pytest.approx(-1.0),
        "downlink": pytest.approx(0.0),
    }
    assert found.g2g_ms == pytest.approx(G2G_MS)


def test_the_first_frame_counts_from_the_workers_own_log() -> None:
    assert judged(Truth(), Injected()).ttff_ms == pytest.approx(0.0)
    early = [replace(f, sent_ns=(f.sent_ns or 0) - 7 * MS) for f in Truth().service_frames()]
    # The packet log still says when the frame came to the downlink: 7 ms more lie behind the model.
    found = judged(Truth(), Injected(), frames=early)
    assert found.ttff_ms == pytest.approx(0.0)
    first_alone = [early[0], *Truth().service_frames()[1:]]
    assert judged(Truth(), Injected(), frames=first_alone).ttff_ms == pytest.approx(7.0)


def test_drops_are_compared_frame_by_frame() -> None:
    truth = Truth(service={30, 60})
    found = judged(truth, Injected(), frames=injected_drops(truth)).counts["drops.service"]
    assert found == Count(true=2)
    # A frame that the model never dropped on request is one too many.
    found = judged(truth, Injected()).counts["drops.service"]
    assert found == Count(true=0, missed=0, invented=2)
    # A dropped frame that came back all the same was missed.
    back = judged(truth, Injected(), frames=injected_drops(truth), more=[seen(30, G2G_MS)])
    assert back.counts["drops.service"] == Count(true=2, missed=1, invented=0)


def test_repeats_and_overtaken_frames_are_compared_too() -> None:
    frames = Truth().service_frames()
    twice = frames[40]
    again = replace(twice, sent_ns=(twice.sent_ns or 0) + 12 * MS)
    late = replace(frames[50], sent_ns=(frames[51].sent_ns or 0) + 12 * MS)
    changed = [*frames[:41], again, *frames[41:50], late, *frames[51:]]
    repeat = replace(seen(40, G2G_MS), received_ns=capture_ns(40) + round((G2G_MS + 12) * MS))
    overtaken = seen(50, G2G_MS + 52)
    found = judged(Truth(), Injected(), frames=changed, more=[repeat, overtaken], lost={50})
    assert found.counts["repeats"] == Count(true=1)
    assert found.counts["late frames"] == Count(true=1)
    unseen = judged(Truth(), Injected(), frames=changed)
    assert unseen.counts["repeats"] == Count(true=1, missed=1)
    assert unseen.counts["late frames"] == Count(true=1, missed=1)


def test_a_freeze_is_as_long_as_the_worker_paused() -> None:
    truth = Truth(service=set(range(40, 50)))
    found = judged(truth, Injected(), frames=injected_drops(truth))
    assert found.freezes_ms == pytest.approx((0.0,))
    assert judged(Truth(), Injected()).freezes_ms == ()


def test_nothing_measured_is_no_error() -> None:
    session = sessions.session([], frames=FRAMES)
    evaluation = evaluate(session)
    assert measured(Injected(), session, evaluation, Truth().service_frames()) is None
    whole = Truth().session()
    assert measured(Injected(), whole, evaluate(whole), ()) is None


def test_a_first_frame_without_a_truth_has_no_error() -> None:
    unsent = Truth().service_frames()[1:]
    assert math.isnan(judged(Truth(), Injected(), frames=unsent).ttff_ms)
    found = findings([trial(5, ttff_ms=math.nan), trial(5, ttff_ms=2.0)])
    assert [(f.n, f.largest) for f in found.times if f.metric == "ttff_ms"] == [(1, 2.0)]
    nowhere = findings([trial(5, ttff_ms=math.nan)])
    assert "ttff_ms" not in {f.metric for f in nowhere.times}


def trial(g2g_ms: float, **changes: Any) -> Measured:
    plain = Measured(
        injected=Injected(),
        g2g_ms=g2g_ms,
        parts_ms={"service": 0.0, "uplink": 0.0, "downlink": 0.0},
        ttff_ms=0.0,
        freezes_ms=(),
        counts={},
    )
    return replace(plain, **changes)


def test_g2g_is_compared_with_the_trials_without_delay() -> None:
    delayed = Injected(service_ms=40, uplink_ms=10)
    found = findings(
        [trial(9), trial(10), trial(14), trial(62, injected=delayed), trial(59, injected=delayed)]
    )
    by_delay = {f.injected: f for f in found.times if f.metric == "g2g_ms.p50"}
    assert list(by_delay) == ["0 ms", "50 ms", "all delays"]
    fifty = by_delay["50 ms"]
    assert (fifty.n, fifty.bias.value, fifty.p50, fifty.largest) == (2, 0.5, 1.5, 2.0)
    assert by_delay["all delays"].n == 5
    assert by_delay["all delays"].p95 == 4.0  # of few it is the largest: nothing is interpolated


def test_parts_first_frames_and_freezes_are_found_over_all_trials() -> None:
    parts = {"service": 0.0, "uplink": 0.5, "downlink": -0.5}
    found = findings(
        [
            trial(10, parts_ms=parts, ttff_ms=3.0, freezes_ms=(1.0, -2.0)),
            trial(30, parts_ms=parts, injected=Injected(uplink_ms=20), ttff_ms=-1.0),
        ]
    )
    by_metric = {f.metric: f for f in found.times}
    assert by_metric["budget_ms.uplink"].bias.value == 0.5
    assert by_metric["budget_ms.uplink"].injected == "0, 20 ms"
    assert by_metric["budget_ms.downlink"].bias.value == -0.5
    assert by_metric["ttff_ms"].bias.value == 1.0
    assert (by_metric["freeze length"].n, by_metric["freeze length"].largest) == (2, 2.0)


def test_counts_add_up_over_trials() -> None:
    one = trial(1, counts={"drops.service": Count(3, 1, 0)})
    two = trial(1, counts={"drops.service": Count(2, 0, 4), "repeats": Count(1)})
    found = findings([one, two]).counts
    assert found == {"drops.service": Count(5, 1, 4), "repeats": Count(1)}


def test_without_a_plain_trial_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(ValueError, match="a valid trial without any delay"):
        findings([trial(50, injected=Injected(service_ms=40))])

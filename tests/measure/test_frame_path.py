"""The way of a frame, its budget, and where it died, from logs with a known truth."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import strategies as st

from g2gbench.measure import latency_breakdown
from g2gbench.measure.frame_path import captured_rows
from g2gbench.measure.ledger import DELIVERED, DROPPED, Ledger, build
from g2gbench.measure.marker_matching import MOST_SHIFTED
from g2gbench.measure.records import ServiceFrame, Stats
from g2gbench.measure.registry import DROP_PHASES
from tests.drawn import drawn
from tests.measure import sessions
from tests.measure.packet_logs import MS
from tests.measure.sessions import capture_ns
from tests.measure.ways import (
    DECODE_MS,
    ENCODE_MS,
    FRAMES,
    G2G_MS,
    LINK_MS,
    PACKETS_MS,
    SERVICE_MS,
    Truth,
)


def _phases(book: Ledger) -> dict[int, str]:
    return {
        int(book.frame_id[row]): DROP_PHASES[book.drop_phase[row]]
        for row in np.flatnonzero(book.outcome == DROPPED)
    }


def _snapshots(**lost: Collection[int]) -> list[Stats]:
    """A snapshot a second in which the stages named lost the frames named."""
    found = []
    for last in range(10, FRAMES + 75, 25):
        at = capture_ns(last) + 10 * MS
        captured = min(last + 1, FRAMES)
        source = captured - sum(i <= last for i in lost.get("before_encoder", ()))
        encoded = source - sum(i <= last for i in lost.get("encoder", ()))
        handed = [i for i in range(FRAMES) if capture_ns(i) + G2G_MS * MS <= at]
        gone = {*lost.get("never", ()), *lost.get("decoder", ()), *lost.get("after_decoder", ())}
        decoded = sum(i not in gone for i in handed)
        decoded += sum(i in lost.get("after_decoder", ()) for i in handed)
        dropped = sum(i in lost.get("decoder", ()) for i in handed)
        found.append(sessions.counters_at(at, source, encoded, decoded, dropped))
    return found


def test_every_part_of_the_way_is_what_it_was() -> None:
    book = Truth().ledger()
    assert (book.outcome == DELIVERED).all()
    expected = {
        "encode": ENCODE_MS + PACKETS_MS,
        "uplink": LINK_MS,
        "service_decode": DECODE_MS,
        "service": SERVICE_MS,
        "service_encode": ENCODE_MS + PACKETS_MS,
        "downlink": LINK_MS,
        "decode": DECODE_MS,
        "unattributed": 0.0,
    }
    assert np.isnan(book.budget_ms["display"]).all()  # nothing was on display
    assert {part: book.budget_ms[part].tolist() for part in expected} == {
        part: pytest.approx([value] * FRAMES) for part, value in expected.items()
    }


@drawn(
    15,
    200,
    with_service=st.booleans(),
    with_packets=st.booleans(),
    skipped=st.sets(st.integers(0, FRAMES - 1), max_size=5),
)
def test_the_parts_sum_to_the_whole_whatever_was_logged(
    with_service: bool, with_packets: bool, skipped: set[int]
) -> None:
    truth = Truth(skipped=skipped)
    book = build(
        truth.session(),
        truth.service_frames() if with_service else (),
        truth.packets() if with_packets else None,
    )
    delivered = book.outcome == DELIVERED
    total = np.sum([np.nan_to_num(values) for values in book.budget_ms.values()], axis=0)
    assert total[delivered] == pytest.approx(book.g2g_ms[delivered])
    for values in book.budget_ms.values():
        assert np.isnan(values[~delivered]).all()


def test_what_nobody_logged_is_unattributed() -> None:
    truth = Truth()
    book = build(truth.session(), (), truth.packets())
    known = {part for part, values in book.budget_ms.items() if np.isfinite(values).any()}
    # The downlink's frames are found by what the service says of its own: here it says nothing.
    assert known == {"encode", "uplink", latency_breakdown.UNATTRIBUTED}
    rest = G2G_MS - ENCODE_MS - PACKETS_MS - LINK_MS
    assert book.budget_ms[latency_breakdown.UNATTRIBUTED] == pytest.approx(rest)
    alone = build(truth.session())
    assert alone.budget_ms[latency_breakdown.UNATTRIBUTED] == pytest.approx(G2G_MS)


def test_a_frame_that_the_link_lost_died_there() -> None:
    assert _phases(Truth(uplink={40, 70}).ledger()) == {40: "uplink", 70: "uplink"}
    assert _phases(Truth(downlink={40, 70}).ledger()) == {40: "downlink", 70: "downlink"}


def test_frames_that_depend_on_a_lost_one_died_of_the_same() -> None:
    found = _phases(Truth(uplink={40}, undecodable={41, 42, 50}).ledger())
    assert found == {40: "uplink", 41: "uplink", 42: "uplink", 50: "service"}
    found = _phases(Truth(downlink={40}, unseen={41, 42, 50}).ledger())
    assert found == {40: "downlink", 41: "downlink", 42: "downlink", 50: "unknown"}


def test_a_frame_that_was_never_encoded_is_named_by_the_counters_alone() -> None:
    assert _phases(Truth(skipped={40, 90}).ledger()) == {40: "unknown", 90: "unknown"}
    counted = _snapshots(encoder={40, 90}, never={40, 90})
    assert _phases(Truth(skipped={40, 90}, statistics=counted).ledger()) == {
        40: "encoder",
        90: "encoder",
    }
    counted = _snapshots(before_encoder={40, 90}, never={40, 90})
    found = _phases(Truth(skipped={40, 90}, statistics=counted).ledger())
    assert found == {40: "before_encoder", 90: "before_encoder"}


def test_several_causes_in_one_session_are_told_apart() -> None:
    everything = {20, 40, 60, 80}
    counted = _snapshots(encoder={20}, never=everything)
    truth = Truth(skipped={20}, uplink={40}, service={60}, downlink={80}, statistics=counted)
    assert _phases(truth.ledger()) == {20: "encoder", 40: "uplink", 60: "service", 80: "downlink"}


def test_a_picture_that_the_service_sent_and_nobody_encoded_died_in_the_service() -> None:
    assert _phases(Truth(service_skipped={33}, room={66}).ledger()) == {
        33: "service",
        66: "service",
    }


@pytest.mark.parametrize("stage", ["decoder", "after_decoder"])
def test_a_frame_that_left_the_downlink_whole_is_named_by_the_counters(stage: str) -> None:
    counted = _snapshots(**{stage: {50}})
    assert _phases(Truth(unseen={50}, statistics=counted).ledger()) == {50: stage}


def test_without_the_workers_log_the_uplink_still_tells_what_it_lost() -> None:
    truth = Truth(uplink={40}, service={60})
    book = build(truth.session(), (), truth.packets())
    assert _phases(book) == {40: "uplink", 60: "unknown"}


def test_a_worker_that_could_not_read_a_frame_does_not_prove_the_service() -> None:
    truth = Truth(undecodable={40})
    unread = ServiceFrame(capture_ns(40) + 60 * MS, None, None, 640, 360, None, None)
    book = build(truth.session(), [*truth.service_frames(), unread], truth.packets())
    assert _phases(book) == {40: "unknown"}


def test_a_repeat_at_the_worker_is_not_the_first_way_through() -> None:
    """The copy that was sent on counts; what came later changes nothing."""
    truth = Truth()
    frames = truth.service_frames()
    first = frames[50]
    superseded = ServiceFrame(
        first.received_ns - MS, first.number_in, None, 640, 360, None, None, "superseded"
    )
    again = ServiceFrame(
        first.received_ns + 9 * MS, first.number_in, None, 640, 360, first.number_in,
        (first.sent_ns or 0) + 9 * MS,
    )  # fmt: skip
    frames[50:51] = [superseded, first, again]
    book = build(truth.session(), frames, truth.packets())
    assert book.budget_ms["service"][50] == pytest.approx(SERVICE_MS)


@pytest.mark.parametrize(
    ("number", "witness", "named"),
    [
        (5003, None, 3),
        (None, 7, 7),
        (5003, 5, 3),  # of a frame that an encoder dropped: the picture is frame 3
        (5003, 3 + MOST_SHIFTED + 1, 3 + MOST_SHIFTED + 1),
        (5009, 2, 2),  # metadata does not come from before its picture: the marker was misread
        (5003, 999, 3),
    ],
)
def test_metadata_names_a_frame_of_the_workers_log_unless_it_is_shifted(
    number: int | None, witness: int | None, named: int
) -> None:
    view = sessions.session(frames=20)
    arrived = ServiceFrame(capture_ns(19) + 50 * MS, number, witness, 640, 360)
    rows = captured_rows(view.captured, [arrived])
    assert view.captured.frame_id[rows].tolist() == [named]

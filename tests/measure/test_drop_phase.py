from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from g2gbench.measure.ledger import DROPPED, build
from g2gbench.measure.records import Record, ServiceFrame, Stats
from g2gbench.measure.registry import DROP_PHASES
from tests.measure import sessions
from tests.measure.sessions import MS, capture_ns, counters_at, seen

FRAMES = 200
LOST = (60, 61, 90)


def phases(records: Sequence[Record], service: Sequence[ServiceFrame] = ()) -> dict[int, str]:
    """The phase of every dropped frame, by frame id."""
    book = build(sessions.session(records, frames=FRAMES), service)
    return {
        int(i): DROP_PHASES[phase]
        for i, phase, outcome in zip(book.frame_id, book.drop_phase, book.outcome, strict=True)
        if outcome == DROPPED
    }


def returned(lost: Sequence[int] = LOST) -> list[Record]:
    return [seen(i) for i in range(FRAMES) if i not in lost]


def at_worker(
    frame_id: int, *, dropped: str = "", unreadable: bool = False, witness: bool = False
) -> ServiceFrame:
    at = capture_ns(frame_id) + 40 * MS
    return ServiceFrame(
        received_ns=at,
        number_in=None if unreadable else 5000 + frame_id,
        witness=frame_id if witness else None,
        width=1088,
        height=624,
        number_out=None if dropped else 5000 + frame_id,
        sent_ns=None if dropped else at + 20 * MS,
        dropped=dropped,
    )


def statistics(
    *,
    before_encoder: Sequence[int] = (),
    encoder: Sequence[int] = (),
    decoder: Sequence[int] = (),
    after_decoder: Sequence[int] = (),
    others: Sequence[int] = (),
    queued: Sequence[int] = (),
    reset_at: int | None = None,
) -> list[Record]:
    """A snapshot a second for a session in which stages lost the frames named.

    At the snapshots numbered in ``queued`` one frame sits between the source and the encoder.
    """
    snapshots: list[Record] = []
    for number, last in enumerate(range(20, FRAMES + 75, 25)):
        at = capture_ns(last) + 10 * MS
        captured = min(last + 1, FRAMES)
        source = captured - sum(i <= last for i in before_encoder)
        encoded = source - sum(i <= last for i in encoder) - (number in queued)
        # 100 ms of g2g: frames up to last - 3 have been handed over by then.
        lost = {*before_encoder, *encoder, *decoder, *after_decoder, *others}
        handed = sum(i <= last - 3 and i not in lost for i in range(FRAMES))
        decoded = handed + sum(i <= last - 3 for i in after_decoder)
        dropped = sum(i <= last - 3 for i in decoder)
        if number == reset_at:
            encoded = 0
        snapshots.append(counters_at(at, source, encoded, decoded, dropped))
    return snapshots


def everyone_at_worker(*absent: int) -> list[ServiceFrame]:
    return [at_worker(i) for i in range(FRAMES) if i not in absent]


def test_without_any_evidence_the_phase_is_unknown() -> None:
    assert phases(returned()) == dict.fromkeys(LOST, "unknown")


def test_a_frame_that_the_worker_received_and_did_not_send_died_in_the_service() -> None:
    service = [at_worker(i, dropped="superseded" if i in LOST else "") for i in range(FRAMES)]
    assert phases(returned(), service) == dict.fromkeys(LOST, "service")


def test_the_worker_names_an_unreadable_frame_by_its_metadata_trailer() -> None:
    lost = [at_worker(i, dropped="superseded", unreadable=True, witness=True) for i in LOST]
    service = [*everyone_at_worker(*LOST), *lost]
    assert phases(returned(), service) == dict.fromkeys(LOST, "service")


def test_a_frame_that_was_encoded_and_never_reached_the_worker_died_in_the_uplink() -> None:
    records = returned() + statistics(others=LOST)
    assert phases(records, everyone_at_worker(*LOST)) == dict.fromkeys(LOST, "uplink")


def test_a_worker_that_could_not_read_every_frame_does_not_prove_the_uplink() -> None:
    records = returned() + statistics(others=LOST)
    service = [*everyone_at_worker(*LOST), at_worker(60, unreadable=True)]
    assert set(phases(records, service).values()) == {"unknown"}


@pytest.mark.parametrize("with_service", [True, False])
def test_a_stage_that_alone_lost_exactly_the_missing_frames_lost_them(with_service: bool) -> None:
    service = everyone_at_worker(*LOST) if with_service else []
    before = returned() + statistics(before_encoder=LOST)
    assert phases(before, service) == dict.fromkeys(LOST, "before_encoder")
    encoder = returned() + statistics(encoder=LOST)
    assert phases(encoder, service) == dict.fromkeys(LOST, "encoder")


def test_two_stages_that_lost_frames_between_the_same_snapshots_prove_nothing() -> None:
    records = returned() + statistics(before_encoder=LOST[:1], encoder=LOST[1:])
    found = phases(records, everyone_at_worker(*LOST))
    # Between the snapshots around frame 90 one stage alone lost a frame: there it is proven.
    assert found == {60: "unknown", 61: "unknown", 90: "encoder"}


def test_a_stage_that_lost_fewer_than_are_missing_proves_nothing_there() -> None:
    records = returned() + statistics(encoder=LOST[1:], others=LOST[:1])
    assert phases(records) == {60: "unknown", 61: "unknown", 90: "encoder"}


def test_without_the_workers_log_an_encoded_frame_may_have_died_anywhere() -> None:
    assert set(phases(returned() + statistics(others=LOST)).values()) == {"unknown"}


def test_a_frame_in_the_encoder_while_the_counters_are_read_is_no_loss() -> None:
    records = returned() + statistics(others=LOST, queued=(2, 3, 5))
    assert phases(records, everyone_at_worker(*LOST)) == dict.fromkeys(LOST, "uplink")


def test_a_queue_at_the_first_statistics_is_no_frame_that_the_encoder_made_up() -> None:
    records = returned() + statistics(others=LOST, queued=(0,))
    assert phases(records, everyone_at_worker(*LOST)) == dict.fromkeys(LOST, "uplink")


def test_what_the_encoder_skipped_before_the_session_was_live_is_no_drop() -> None:
    quiet = range(40)
    records = returned([*quiet, *LOST]) + statistics(encoder=quiet, others=LOST)
    service = everyone_at_worker(*quiet, *LOST)
    assert phases(records, service) == dict.fromkeys(LOST, "uplink")


def test_a_frame_that_the_workers_source_refused_died_in_the_service() -> None:
    refused = replace(at_worker(60), dropped="refused")
    service = [*everyone_at_worker(60), refused]
    assert phases(returned([60]), service) == {60: "service"}


def test_a_queue_at_the_end_of_the_statistics_does_not_pass_for_the_encoders_loss() -> None:
    records = returned([60]) + statistics(others=[60], queued=(6,))[:7]
    assert phases(records, everyone_at_worker(60)) == {60: "uplink"}
    records = returned([60]) + statistics(others=[60], queued=(5, 6))[:7]
    assert "encoder" not in phases(records).values()


def test_counters_that_were_reset_prove_nothing_across_the_reset() -> None:
    records = returned() + statistics(encoder=LOST, reset_at=5)
    # The snapshots before the reset prove what they can; 90 was lost too close to it.
    assert phases(records) == {60: "encoder", 61: "encoder", 90: "unknown"}
    assert set(phases(returned() + statistics(encoder=LOST, reset_at=3)).values()) == {"unknown"}


def test_statistics_without_the_counters_prove_nothing() -> None:
    empty: list[Record] = [Stats(at_ns=capture_ns(i), values={}) for i in range(0, 250, 25)]
    assert set(phases(returned() + empty, everyone_at_worker(*LOST)).values()) == {"unknown"}


def test_a_frame_sent_by_the_worker_that_the_decoder_dropped_died_there() -> None:
    records = returned() + statistics(decoder=LOST)
    assert phases(records, everyone_at_worker()) == dict.fromkeys(LOST, "decoder")


def test_a_frame_that_was_decoded_and_not_handed_over_died_after_the_decoder() -> None:
    records = returned() + statistics(after_decoder=LOST)
    assert phases(records, everyone_at_worker()) == dict.fromkeys(LOST, "after_decoder")


def test_a_frame_sent_by_the_worker_that_the_client_never_lost_died_in_the_downlink() -> None:
    records = returned() + statistics(others=LOST)
    assert phases(records, everyone_at_worker()) == dict.fromkeys(LOST, "downlink")


def test_losses_on_both_sides_of_the_service_are_told_apart() -> None:
    records = returned() + statistics(others=LOST)
    service = [f for f in everyone_at_worker() if f.number_in != 5060]
    assert phases(records, service) == {60: "uplink", 61: "downlink", 90: "downlink"}


def test_a_frame_after_the_last_statistics_is_unknown() -> None:
    records = returned([60, 190]) + statistics(others=[60, 190])[:7]  # up to frame 170
    assert phases(records, everyone_at_worker(60, 190)) == {60: "uplink", 190: "unknown"}


def test_the_phases_of_the_steady_state_add_up_to_its_drops() -> None:
    records = returned() + statistics(others=LOST)
    view = sessions.session(records, frames=FRAMES, steady=(capture_ns(61), capture_ns(150)))
    book = build(view, everyone_at_worker(*LOST))
    assert book.drops()["uplink"] == book.frames()["dropped"] == 2

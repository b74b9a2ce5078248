from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import pytest

from g2gbench.measure.checks import CHECKS
from g2gbench.measure.journal import parse
from g2gbench.measure.ledger import build
from g2gbench.measure.limits import LIMITS, Limits
from g2gbench.measure.metric_value import Value
from g2gbench.measure.metrics import compute
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import (
    Captured,
    Counters,
    Ended,
    Event,
    Reached,
    Record,
    Seen,
    Stats,
    Usage,
    encode,
)
from tests.measure import sessions
from tests.measure.packet_logs import log, packet
from tests.measure.reasons import why
from tests.measure.sessions import MS, SECOND, START, capture_ns, captured, seen

FRAMES = 200


def reasons(
    records: Sequence[Record] = (),
    *,
    remote: Sequence[Seen] | None = None,
    frames: int = FRAMES,
    reason: str | None = "complete",
    cores: int | None = None,
    packets: Packets | None = None,
) -> tuple[str, ...]:
    arrived = [seen(i) for i in range(FRAMES)] if remote is None else list(remote)
    view = sessions.session([*records, *arrived], frames=frames, reason=reason)
    book = build(view)
    return why(view, book, compute(view, book, packets), packets, cores=cores)


def usage(process: str, cores: float) -> list[Record]:
    return [Usage(START + i * SECOND, process, cores * i, 1) for i in range(5)]


def test_a_clean_session_is_valid() -> None:
    assert reasons() == ()


@pytest.mark.parametrize(("late", "valid"), [(4, True), (5, False)])
def test_two_percent_of_the_captures_may_be_late(late: int, valid: bool) -> None:
    def capture(i: int) -> Captured:
        at = capture_ns(i) + (21 * MS if i < late else 0)
        return Captured(i, 5000 + i, capture_ns(i), at)

    found = reasons([capture(i) for i in range(FRAMES)], frames=0)
    view = sessions.session(
        [*(capture(i) for i in range(FRAMES)), *(seen(i) for i in range(FRAMES))],
        steady=(START, capture_ns(FRAMES)),
    )
    book = build(view)
    found = why(view, book, compute(view, book))
    assert (found == ()) == valid
    assert valid or "late or skipped" in found[0]


@pytest.mark.parametrize(
    ("process", "queue"), [("client", "reader"), ("client", "stream"), ("worker", "stream")]
)
def test_a_frame_that_a_queue_of_this_tool_dropped_makes_it_invalid(
    process: str, queue: str
) -> None:
    assert reasons([Counters(10**12, process, {f"{queue}_dropped": 0})]) == ()
    assert reasons([Counters(10**12, process, {f"{queue}_dropped": 1})]) == (
        f"the {process}'s {queue} queue dropped 1 frame(s)",
    )


@pytest.mark.parametrize(("bad", "valid"), [(1, True), (2, False)])
def test_half_a_percent_of_the_readings_may_be_bad(bad: int, valid: bool) -> None:
    broken = [seen(100 + i, reading="rejected") for i in range(bad)]
    remote = [seen(i) for i in range(FRAMES) if not 100 <= i < 100 + bad]
    found = reasons(remote=[*remote, *broken])
    assert (found == ()) == valid
    assert valid or "could not be read" in found[0]


@pytest.mark.parametrize(("on_their_way", "valid"), [(2, True), (3, False)])
def test_one_percent_of_the_frames_may_be_on_their_way_at_the_end(
    on_their_way: int, valid: bool
) -> None:
    remote = [seen(i) for i in range(FRAMES - on_their_way)]
    view = sessions.session(remote, frames=FRAMES, end_ns=capture_ns(FRAMES))
    book = build(view)
    assert book.frames()["in_flight"] == on_their_way
    found = why(view, book, compute(view, book))
    assert (found == ()) == valid
    assert valid or "3 of 200 frames were still on their way" in found[0]


def test_a_frame_that_came_back_before_its_capture_makes_it_invalid() -> None:
    remote = [seen(i, -3 if i >= 150 else 100, witness=i) for i in range(FRAMES)]
    assert reasons(remote=remote)[0] == (
        "50 frame(s) came back before they were captured: the clocks do not belong together"
    )


def test_a_steady_state_that_began_before_the_session_was_live_is_invalid() -> None:
    assert reasons(remote=[seen(i) for i in range(3, FRAMES)]) == (
        "the steady state began before the session was live: 3 frame(s) of it were captured "
        "before the first one that came back",
    )


def test_a_line_of_the_journal_that_cannot_be_read_makes_it_invalid() -> None:
    whole = sessions.session([seen(i) for i in range(FRAMES)], frames=FRAMES)
    torn = replace(whole, damaged_lines=2)
    book = build(torn)
    assert why(torn, book, compute(torn, book)) == (
        "2 line(s) of the raw records cannot be read: what they told is missing",
    )


def test_the_line_at_which_a_journal_was_cut_off_is_told_once() -> None:
    view = sessions.session([seen(i) for i in range(FRAMES)], frames=FRAMES, reason=None)
    cut = replace(view, damaged_lines=1)
    book = build(cut)
    assert why(cut, book, compute(cut, book)) == ("the journal was cut off",)


def test_numbers_that_are_not_outstanding_and_misreadings_are_bad_readings_too() -> None:
    at = capture_ns(100)
    stray = [Seen(at + i, at + i, 40_000, "ok", 8, 8) for i in range(2)]
    assert "misread" in reasons(remote=[*(seen(i) for i in range(FRAMES)), *stray])[0]
    jumps = [seen(i, 1700) for i in (50, 70)]
    lost = [seen(i) for i in range(FRAMES) if i not in (50, 70)]
    assert "misread" in reasons(remote=[*lost, *jumps])[0]


def test_frames_before_the_first_readable_one_are_the_services_own() -> None:
    own = [Seen(START - 40 * MS * i, START, None, "no_marker", 8, 8) for i in range(1, 30)]
    assert reasons(remote=[*own, *(seen(i) for i in range(FRAMES))]) == ()


def _streams(*begun_before: int) -> list[Record]:
    """A remote stream at the start, and another just before each of these frames came back."""
    starts = [START, *(seen(frame_id).received_ns - 15 * MS for frame_id in begun_before)]
    return [Event(at_ns, "remote_stream", {}) for at_ns in starts]


def _own(before: int, count: int) -> list[Seen]:
    """The service's own pictures, shown just before this frame came back."""
    at_ns = seen(before).received_ns - 10 * MS
    return [Seen(at_ns + i * MS, at_ns + i * MS, None, "no_marker", 8, 8) for i in range(count)]


@pytest.mark.parametrize(("streams", "valid"), [((), False), ((100,), True), ((60,), False)])
def test_a_stream_after_a_reconnect_may_show_the_services_own_frames_first_too(
    streams: Sequence[int], valid: bool
) -> None:
    remote = [*(seen(i) for i in range(100)), *_own(100, 5), *map(seen, range(100, FRAMES))]
    found = reasons(_streams(*streams), remote=remote)
    assert (found == ()) == valid
    assert valid or "could not be read" in found[0]


def test_a_later_stream_that_never_shows_a_frame_of_ours_counts_whole() -> None:
    remote = [*(seen(i) for i in range(FRAMES)), *_own(FRAMES + 5, 5)]
    assert "2.44% of the remote frames" in reasons(_streams(FRAMES + 5), remote=remote)[0]


def test_a_witness_that_disagrees_makes_it_invalid() -> None:
    remote = [seen(i, witness=i if i != 7 else 8) for i in range(FRAMES)]
    assert reasons(remote=remote) == (
        "1 frame(s) carried another number in their metadata than in their marker",
    )


@pytest.mark.parametrize("process", ["client", "link", "room", "service", "worker"])
def test_a_process_may_use_nine_tenths_of_a_core(process: str) -> None:
    assert reasons(usage(process, 0.875)) == ()
    assert f"the {process} process used 0.94 cores" in reasons(usage(process, 0.9375))[0]


def test_all_processes_together_may_use_nine_tenths_of_the_machine() -> None:
    records = [*usage("client", 0.75), *usage("worker", 0.75), *usage("room", 0.25)]
    assert reasons(records, cores=2) == ()
    records += usage("link", 0.25)
    assert reasons(records, cores=2) == (
        "the trial used 2.00 of 2 cores (limit 90% of the machine)",
    )
    assert reasons(records, cores=4) == ()


def test_a_journal_cut_off_is_invalid() -> None:
    assert reasons(reason=None) == ("the journal was cut off",)


def test_a_session_that_did_not_complete_is_invalid_and_says_why() -> None:
    assert reasons(reason="interrupted") == ("the session ended as interrupted",)
    view = sessions.session(
        [Ended(9, "failed", "the room closed"), *(seen(i) for i in range(FRAMES))],
        frames=FRAMES,
        reason=None,
    )
    book = build(view)
    assert why(view, book, compute(view, book)) == ("the session ended as failed: the room closed",)


def test_without_a_delivered_frame_it_is_invalid() -> None:
    assert reasons(remote=[]) == ("no frame of the steady state was delivered",)


def test_a_warm_up_never_over_and_a_steady_state_cut_short_are_invalid() -> None:
    def of(*phases: Reached) -> tuple[str, ...]:
        records: list[Record] = [captured(0), seen(0), *phases, Event(3, "x"), Ended(9, "complete")]
        view = parse(encode(r) for r in records)
        book = build(view)
        return why(view, book, compute(view, book))

    assert of() == ("the warm-up was never over",)
    assert of(Reached(START, "measure")) == ("the steady state was not measured to its end",)


def test_the_limits_are_an_argument() -> None:
    view = sessions.session([seen(i) for i in range(FRAMES)], frames=FRAMES)
    book = build(view)
    strict = Limits(queue_drops=-1)
    told = sessions.session(
        [Counters(10**12, "client", {"reader_dropped": 0}), *(seen(i) for i in range(FRAMES))],
        frames=FRAMES,
    )
    assert why(told, book, compute(view, book), limits=strict)


def test_every_limit_is_one_of_a_check_and_each_check_is_told_from_the_others() -> None:
    limits = [name for kind in CHECKS for name in kind.limits]
    assert set(limits) == {field.name for field in fields(LIMITS)}
    assert len({kind.id for kind in CHECKS}) == len({kind.title for kind in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize(
    ("late_ms", "g2g_ms", "valid"),
    [(5.0, 80, True), (5.1, 80, False), (5.2, 104, True), (5.3, 104, False)],
)
def test_the_link_may_be_late_by_a_time_or_a_share_of_g2g(
    late_ms: float, g2g_ms: float, valid: bool
) -> None:
    packets = log(packet(START + i * MS, late_ms=late_ms if i < 10 else 0.1) for i in range(600))
    found = reasons(remote=[seen(i, g2g_ms) for i in range(FRAMES)], packets=packets)
    assert (found == ()) == valid
    limit = "5 ms" if g2g_ms < 100 else "5.2 ms"
    words = f"left more than {late_ms:.1f} ms after their time (limit {limit})"
    assert valid or words in found[0]


@pytest.mark.parametrize(
    ("direction", "key", "verb"),
    [
        ("uplink", "outbound.packets_sent", "sent"),
        ("downlink", "inbound.packets_received", "received"),
    ],
)
@pytest.mark.parametrize(("around", "valid"), [(2, True), (3, False)])
def test_packets_that_went_round_the_link_are_noticed(
    direction: str, key: str, verb: str, around: int, valid: bool
) -> None:
    through = [packet(START + i * MS, direction=direction) for i in range(100 - around)]
    others = [packet(START, direction=direction, kind="rtcp"), packet(START + 9 * SECOND)]
    snapshot = Stats(START + SECOND, {key: 100})
    found = reasons([snapshot], packets=log([*through, *others]))
    assert (found == ()) == valid
    assert valid or found[0].startswith(f"3 of 100 media packets that the client {verb} did not")
    assert reasons([snapshot]) == ()  # where there is no link, nothing went round it
    assert reasons(packets=log(through)) == ()


@pytest.mark.parametrize(("swapped", "valid"), [(0, True), (4096, False)])
def test_a_machine_that_swapped_measured_its_disk(swapped: int, valid: bool) -> None:
    found = reasons([Counters(10**12, "machine", {"swapped_bytes": swapped})])
    assert found == (() if valid else ("the machine swapped 0.0 MiB of memory during the trial",))


@pytest.mark.parametrize(("step_ms", "valid"), [(100.0, True), (-101.0, False), (101.0, False)])
def test_a_clock_that_stepped_is_noticed(step_ms: float, valid: bool) -> None:
    found = reasons([Event(START, "clock_step", {"step_ms": step_ms})])
    assert (found == ()) == valid
    assert valid or found == (f"the clock stepped by {step_ms:.0f} ms (limit 100 ms)",)
    assert reasons([Event(START, "clock_step", {})]) == ()


@pytest.mark.parametrize(("part", "process"), [("decode", "client"), ("service_decode", "worker")])
@pytest.mark.parametrize(
    ("asked", "held_ms", "wrong"),
    [
        ((0, 10), 0.0, ""),
        ((0, 10), 30.0, ""),
        ((0, 10), 30.1, "for 30 ms in the mean, a playout delay of 10 ms at most was asked for"),
        ((50, 60), 30.0, ""),
        ((50, 60), 29.9, "for 30 ms in the mean, a playout delay of 50 ms at least was asked for"),
    ],
)
def test_a_playout_delay_that_a_receiver_did_not_take_is_noticed(
    part: str, process: str, asked: tuple[int, int], held_ms: float, wrong: str
) -> None:
    def found(asked: tuple[int, int] | None, *events: Event) -> tuple[str, ...]:
        arrived = [seen(i) for i in range(FRAMES)]
        view = sessions.session([*arrived, *events], frames=FRAMES, playout_delay_ms=asked)
        book = build(view)
        values = {**compute(view, book), f"budget_ms.{part}": Value(held_ms, n=FRAMES)}
        return why(view, book, values)

    told = found(asked)
    assert len(told) == bool(wrong)
    assert not wrong or told[0].startswith(f"the {process} held whole frames {wrong}")
    assert found(None) == ()
    for name in ("link", "network"):  # from the start, or by a person while it ran
        impaired = Event(START, name, {"impaired": True})
        assert found(asked, impaired) == ()  # waiting for what was lost


@pytest.mark.parametrize("name", ["overflowed", "log_lost"])
def test_packets_that_the_link_never_saw_are_noticed(name: str) -> None:
    assert reasons([Counters(10**12, "link", {name: 0})]) == ()
    (found,) = reasons([Counters(10**12, "link", {name: 3})])
    assert "3 packet(s)" in found

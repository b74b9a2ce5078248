"""Whether the steady state was steady, and every process could run: each check at its limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from g2gbench.measure import steadiness
from g2gbench.measure.checks import BACKLOG, UNSETTLED_BITRATE, UNSETTLED_DELIVERY, UNSETTLED_G2G
from g2gbench.measure.ledger import build
from g2gbench.measure.limits import LIMITS
from g2gbench.measure.metrics import compute
from g2gbench.measure.records import STALL, Event, Pressure, Record, Seen, Stats, Usage
from g2gbench.measure.steady_checks import run_delay_ratios
from g2gbench.measure.validity import check
from tests.measure import sessions
from tests.measure.reasons import why
from tests.measure.sessions import FPS, MS, SECOND, START, capture_ns, seen

SECONDS = 10
FRAMES = round(SECONDS * FPS)


def reasons(
    records: Sequence[Record] = (),
    *,
    remote: Sequence[Seen] | None = None,
    seconds: int = SECONDS,
    before: int = 0,
) -> tuple[str, ...]:
    """``before``: frames captured before the steady state, which begins with frame 0."""
    arrived = [seen(i) for i in range(-before, FRAMES)] if remote is None else list(remote)
    more = [sessions.captured(i) for i in range(-before, 0)]
    view = sessions.session(
        [*records, *arrived, *more], frames=FRAMES, steady=(START, START + seconds * SECOND)
    )
    book = build(view)
    return why(view, book, compute(view, book))


def by_second(latency_ms: Callable[[int], float]) -> list[Seen]:
    return [seen(i, latency_ms(i // round(FPS))) for i in range(FRAMES)]


@pytest.mark.parametrize(
    ("first_ms", "later_ms", "settled"),
    [
        (105, 100, True),
        (120, 100, True),  # a fifth of 100 ms
        (120.1, 100, False),
        (80, 100, True),
        (79.9, 100, False),  # it still grows
        (15, 10, True),  # 5 ms
        (15.1, 10, False),
    ],
)
def test_the_first_second_s_latency_is_that_of_the_others(
    first_ms: float, later_ms: float, settled: bool
) -> None:
    found = reasons(remote=by_second(lambda second: later_ms if second else first_ms))
    assert (found == ()) == settled
    assert settled or "not settled: g2g p50 was" in found[0]


def test_seconds_that_differ_anyway_widen_the_range() -> None:
    def wild(second: int) -> float:
        return 100 + 60 * (second % 2)

    assert reasons(remote=by_second(lambda s: wild(s) if s else 185)) == ()
    assert "100 to 160 ms" in reasons(remote=by_second(lambda s: wild(s) if s else 193))[0]


def test_a_slow_second_in_the_middle_does_not_make_it_unsettled() -> None:
    assert reasons(remote=by_second(lambda second: 400 if second == 5 else 100)) == ()


@pytest.mark.parametrize(("lost", "settled"), [(5, True), (6, False)])
def test_the_first_second_s_share_of_delivered_frames_is_that_of_the_others(
    lost: int, settled: bool
) -> None:
    remote = [seen(i) for i in range(FRAMES) if not 4 <= i < 4 + lost]
    found = reasons(remote=remote)
    assert (found == ()) == settled
    assert settled or "of the frames of the first second were delivered" in found[0]


def bits(rates_bps: Sequence[float]) -> list[Record]:
    """A snapshot a second, after each rate."""
    total, found = 0.0, []
    for second, rate in enumerate((0.0, *rates_bps)):
        total += rate / 8
        values = {"outbound.bytes_sent": total, "outbound.header_bytes_sent": 0}
        found.append(Stats(START + second * SECOND, dict(values)))
    return [*found]


@pytest.mark.parametrize(
    ("first", "settled"), [(1.0, True), (1.5, True), (1.51, False), (0.67, True), (0.66, False)]
)
def test_the_first_second_s_bitrate_is_that_of_the_others(first: float, settled: bool) -> None:
    found = reasons(bits([first * 1e6, *[1e6] * 8]))
    assert (found == ()) == settled
    assert settled or "Mbps were sent in the first second" in found[0]


@pytest.mark.parametrize("sent", [[0.0] * 9, [1e6, 0, 0, 0, 0, 0, 0, 0, 0]])
def test_a_bitrate_of_nothing_is_compared_too(sent: list[float]) -> None:
    assert (reasons(bits(sent)) == ()) == (sent[0] == 0)


def test_counters_that_began_anew_are_not_compared() -> None:
    (first, *others) = bits([1e6] * 9)
    assert isinstance(first, Stats)
    higher = Stats(first.at_ns, {"outbound.bytes_sent": 9e9, "outbound.header_bytes_sent": 0})
    assert reasons([higher, *others]) == ()


@pytest.mark.parametrize(("queued", "settled"), [(2, True), (3, False)])
def test_frames_that_were_on_their_way_at_the_start_are_a_backlog(
    queued: int, settled: bool
) -> None:
    """40 ms a frame; the limit is 100 ms."""
    slow = {-1 - i: queued * 40 + 20.0 for i in range(queued)}
    remote = [seen(i, slow.get(i, 10.0)) for i in range(-10, FRAMES)]
    found = reasons(remote=remote, before=10)
    assert (found == ()) == settled
    assert settled or f"{queued} frame(s) were on their way at the start" in found[-1]


def test_a_queue_that_grows_is_a_backlog_that_builds_up() -> None:
    remote = by_second(lambda second: 20 + 100 * second)
    found = reasons(remote=remote)
    assert "frame(s) were on their way at the start" in found[-1]
    view = sessions.session(remote, frames=FRAMES)
    book = build(view)
    (told,) = [c for c in check(view, book, compute(view, book)) if c.check == "backlog"]
    assert told.advice.startswith("Frames come in faster than they get through")


def test_stalls_that_come_again_and_again_are_no_backlog() -> None:
    """At the start, and in the second half as well."""
    slow = {start - i: 400.0 - 40 * i for start in (0, 125, 200) for i in range(9)}
    remote = [seen(i, slow.get(i, 10.0)) for i in range(-10, FRAMES)]
    assert reasons(remote=remote, before=10) == ()


@pytest.mark.parametrize(
    "change",
    [
        Event(START + SECOND, "network", {"label": "x"}),
        Event(START + SECOND, "prompt", {"text": "x"}),
        Event(START - SECOND, "link", {"label": "lte", "varies": True}),
        Event(START + SECOND, "reconnect", {"success": True}),
    ],
)
def test_what_is_changed_on_purpose_need_not_be_steady(change: Event) -> None:
    remote = by_second(lambda second: 100 if second else 200)
    assert len(reasons(remote=remote)) == 1
    assert reasons([change], remote=remote) == ()
    view = sessions.session([change, *remote], frames=FRAMES)
    book = build(view)
    kinds = (UNSETTLED_G2G, UNSETTLED_DELIVERY, UNSETTLED_BITRATE, BACKLOG)
    found = check(view, book, compute(view, book))
    for kind in kinds:
        (told,) = [one for one in found if kind.has(one)]
        assert told.ok
        assert told.text.startswith("not judged whether it was settled: ")


@pytest.mark.parametrize(("seconds", "judged"), [(3, False), (4, True)])
def test_a_short_steady_state_is_not_judged(seconds: int, judged: bool) -> None:
    remote = by_second(lambda second: 100 if second else 200)
    assert bool(reasons(remote=remote, seconds=seconds)) == judged


def test_without_a_steady_state_nothing_is_told() -> None:
    view = sessions.without_steady_state(sessions.session([seen(0)], frames=1))
    book = build(view)
    assert steadiness.why_not_judged(view)
    assert steadiness.bitrate(view) is None
    assert steadiness.backlog(view, book) is None
    assert steadiness.latency(view, book) is None
    assert run_delay_ratios(view) == {}


# -- processes that could not run


def waiting(process: str, ratio: float) -> list[Record]:
    return [Usage(START + i * SECOND, process, 0.0, 1, ratio * i) for i in range(9)]


@pytest.mark.parametrize("process", ["client", "link", "room", "service", "worker"])
def test_a_process_may_wait_for_a_core_as_long_as_its_limit(process: str) -> None:
    limit = LIMITS.run_delay_ratio
    assert reasons(waiting(process, limit - 1e-6)) == ()
    (found,) = reasons(waiting(process, limit + 0.01))
    assert found.startswith(f"a thread of the {process} process waited for a core for ")


def test_how_busy_the_machine_was_is_told_beside_it() -> None:
    pressure = [Pressure(START + i * SECOND, 0.9 * i) for i in range(9)]
    (found,) = reasons([*waiting("client", 0.3), *pressure])
    assert found.endswith("; somebody on the machine did for 90% of it")


def test_a_system_that_does_not_tell_is_not_called_starved() -> None:
    usage = [Usage(START + i * SECOND, "client", 0.0, 1, None) for i in range(9)]
    assert reasons(usage) == ()


@pytest.mark.parametrize(("seconds", "valid"), [(0.2, True), (0.21, False)])
@pytest.mark.parametrize("process", ["client", "link", "room", "service", "worker"])
def test_a_process_that_stood_still_is_named(process: str, seconds: float, valid: bool) -> None:
    stalls = [
        Event(START + 2 * SECOND, STALL, {"process": process, "seconds": seconds}),
        Event(START + 3 * SECOND, STALL, {"process": process, "seconds": 0.1}),
    ]
    found = reasons(stalls)
    assert (found == ()) == valid
    assert valid or found[0].startswith(f"the {process} process stood still for 0.21 s")


@pytest.mark.parametrize(
    ("end_ns", "counts"),
    [
        (START - 1, False),
        (START, True),  # it ends when the steady state begins
        (START + SECONDS * SECOND + 999 * MS, True),  # it begins just before its end
        (START + SECONDS * SECOND + 1000 * MS, False),
    ],
)
def test_only_what_reaches_into_the_steady_state_counts(end_ns: int, counts: bool) -> None:
    found = reasons([Event(end_ns, STALL, {"process": "room", "seconds": 1.0})])
    assert bool(found) == counts


def test_a_stall_that_does_not_say_whose_is_left_out() -> None:
    assert reasons([Event(START + SECOND, STALL, {"seconds": 1.0})]) == ()


def test_checks_that_hold_are_told_too() -> None:
    view = sessions.session([*waiting("client", 0.01), *map(seen, range(FRAMES))], frames=FRAMES)
    book = build(view)
    told = {one.check: one for one in check(view, book, compute(view, book))}
    assert all(one.ok and not one.advice for one in told.values())
    assert told["starved.client"].as_plain() == {
        "check": "starved.client",
        "value": pytest.approx(0.01),
        "limit": LIMITS.run_delay_ratio,
        "unit": "ratio",
        "ok": True,
        "text": told["starved.client"].text,
        "advice": "",
    }
    assert {"stood_still", "late_captures", "backlog", "unsettled.g2g"} <= set(told)


def test_every_check_that_fails_says_what_to_do() -> None:
    remote = by_second(lambda second: 100 if second else 200)
    view = sessions.session([*waiting("client", 0.3), *remote], frames=FRAMES)
    book = build(view)
    failed = [one for one in check(view, book, compute(view, book)) if not one.ok]
    assert failed
    assert all(one.advice.endswith(".") for one in failed)


def test_frames_before_the_first_second_are_not_part_of_it() -> None:
    remote = [seen(i, 900 if i < 0 else 100) for i in range(-20, FRAMES)]
    found = reasons(remote=remote, before=20)
    assert [text for text in found if "g2g p50" in text] == []
    assert capture_ns(-20) < START

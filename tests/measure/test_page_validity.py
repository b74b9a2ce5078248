"""A page that is measured must be left in peace, and must count what its browser counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import build
from g2gbench.measure.limits import LIMITS
from g2gbench.measure.metrics import compute
from g2gbench.measure.page_counts import Counted, read, stamped
from g2gbench.measure.records import Event, Record, Seen, Stats
from tests.measure import sessions
from tests.measure.reasons import why
from tests.measure.sessions import MS, START, capture_ns, displayed, seen

FRAMES = 250
G2G_MS = 100.0


def view(
    records: Sequence[Record] = (),
    *,
    client: str = "browser",
    display: bool = False,
    max_framerate: float | None = None,
    remote: Sequence[Seen] | None = None,
) -> Session:
    arrived = [seen(i, G2G_MS) for i in range(FRAMES)] if remote is None else list(remote)
    return sessions.session(
        [*arrived, *records],
        frames=FRAMES,
        client=client,
        display=display,
        max_framerate=max_framerate,
    )


def reasons(session: Session) -> tuple[str, ...]:
    book = build(session)
    return why(session, book, compute(session, book))


def counters(
    *, lost: int = 0, unread: int = 0, limited: bool = False, from_second: int = 3
) -> list[Record]:
    """A snapshot a second, 10 ms behind a capture and a hand-over each.

    From a second on, the browser took ``lost`` fewer frames than were stamped, and decoded
    ``unread`` more than were read.
    """
    found: list[Record] = []
    for second in range(10):
        at_ns = capture_ns(25 * second) + 10 * MS
        later = second >= from_second
        values: dict[str, str | int | float | bool | None] = {
            "source.frames": 25 * second + 1 - (lost if later else 0),
            "inbound.frames_decoded": max(0, 25 * second - 2) + (unread if later else 0),
            "outbound.quality_limitation_reason": "bandwidth" if limited and later else "none",
        }
        found.append(Stats(at_ns, values))
    return found


def test_a_page_that_counts_what_its_browser_counts_is_valid() -> None:
    session = view(counters())
    assert reasons(session) == ()
    assert stamped(session) == Counted(225, 225)
    assert read(session) == Counted(223, 223)


@pytest.mark.parametrize(("frames", "valid"), [(-4, False), (-3, True), (3, True), (4, False)])
@pytest.mark.parametrize("what", ["lost", "unread"])
def test_three_frames_may_differ_at_the_ends(what: str, frames: int, valid: bool) -> None:
    records = counters(lost=frames) if what == "lost" else counters(unread=frames)
    found = reasons(view(records))
    assert (found == ()) == valid
    if not valid and what == "lost":
        took = 225 - frames
        expected = f"the page stamped 225 frames where its browser took {took} (limit 3 apart)"
        assert found == (expected,)
    elif not valid:
        decoded = 223 + frames
        expected = f"the page read 223 frames where its browser decoded {decoded} (limit 3 apart)"
        assert found == (expected,)


def test_the_native_client_is_not_held_against_a_browser() -> None:
    assert reasons(view(counters(lost=20, unread=20), client="native")) == ()


def test_what_only_waited_within_a_session_is_no_loss() -> None:
    behind = counters(unread=20, from_second=4)[4:6]
    usual = counters()
    assert reasons(view([*usual[:4], *behind, *usual[6:]])) == ()


def test_frames_that_the_browser_left_out_on_purpose_are_explained() -> None:
    assert reasons(view(counters(lost=20, limited=True))) == ()
    assert reasons(view(counters(lost=20), max_framerate=20)) == ()
    assert stamped(view(counters(lost=20), max_framerate=26)) == Counted(225, 205)


@pytest.mark.parametrize("event", ["state", "reconnect", "remote_stream"])
def test_counters_of_a_new_connection_begin_anew(event: str) -> None:
    # By chance as large as those of the connection before: nothing but the event tells.
    records = counters(lost=20, from_second=5)
    assert reasons(view(records)) != ()
    assert reasons(view([*records, Event(capture_ns(110), event)])) == ()
    restarted = counters(lost=100, from_second=5)  # smaller than before: that tells as well
    assert reasons(view(restarted)) == ()


def test_a_browser_that_tells_no_counts_proves_nothing() -> None:
    assert stamped(view()) is None
    assert read(view([Stats(START, {}), Stats(START + 1000 * MS, {})])) is None


@pytest.mark.parametrize("key", ["clock_error_ms", "clock_spread_ms"])  # of before 2026-12
@pytest.mark.parametrize(("error_ms", "valid"), [(None, True), (1.0, True), (1.01, False)])
def test_a_clock_that_may_be_wrong_is_named(key: str, error_ms: float | None, valid: bool) -> None:
    found = reasons(view([Event(START, "page", {key: error_ms, "hidden": False})]))
    assert (found == ()) == valid
    assert valid or "1.01 ms alone (limit 1 ms)" in found[0]


@pytest.mark.parametrize(("hidden", "valid"), [(False, True), (True, False)])
def test_a_hidden_page_is_named(hidden: bool, valid: bool) -> None:
    found = reasons(view([Event(START, "page", {"clock_error_ms": 0.1, "hidden": hidden})]))
    assert (found == ()) == valid
    assert valid or found[0].startswith("the page was hidden")


def showing(undisplayed: range) -> Session:
    remote = [seen(i, G2G_MS, rtp_timestamp=3600 * (i + 1)) for i in range(FRAMES)]
    calls = [displayed(i, G2G_MS + 5, 3600 * (i + 1)) for i in range(FRAMES)]
    shown = [call for i, call in enumerate(calls) if i not in undisplayed]
    return view(shown, display=True, remote=remote)


@pytest.mark.parametrize(("waiting", "valid"), [(2, True), (3, False)])
def test_one_percent_may_still_wait_for_the_display(waiting: int, valid: bool) -> None:
    found = reasons(showing(range(FRAMES - waiting, FRAMES)))
    assert LIMITS.undisplayed_ratio == 0.01
    assert (found == ()) == valid
    assert valid or found == (
        "3 of 250 decoded frames still waited for the display at the end (limit 1.0%): the slow "
        "ones are missing",
    )


def test_frames_that_a_newer_one_replaced_do_not_wait() -> None:
    assert reasons(showing(range(100, 150))) == ()


def test_a_display_that_showed_nothing_is_named() -> None:
    found = reasons(showing(range(FRAMES)))
    assert found == ("none of the 250 frames that were decoded came on display",)

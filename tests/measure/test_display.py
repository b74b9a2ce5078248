from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pytest

from g2gbench.measure.display import locked
from g2gbench.measure.journal import ABSENT, Session
from g2gbench.measure.ledger import DELIVERED, Ledger, build
from g2gbench.measure.metric_value import Value
from g2gbench.measure.metrics import LOCKED, NO_DISPLAY, compute
from g2gbench.measure.records import Displayed, Record, Seen
from g2gbench.measure.registry import DROP_PHASES, METRICS
from tests.measure import sessions
from tests.measure.sessions import MS, capture_ns, displayed, seen

FRAMES = 120
G2G_MS = 100.0
DISPLAY_MS = 7.0
FIRST_TIMESTAMP = 2**32 - 3600 * 10  # it wraps in the tenth frame


def timestamp(frame_id: int) -> int:
    return (FIRST_TIMESTAMP + 3600 * frame_id) & 0xFFFFFFFF


def remote(lost: Collection[int] = ()) -> list[Record]:
    return [seen(i, G2G_MS, rtp_timestamp=timestamp(i)) for i in range(FRAMES) if i not in lost]


def shown(hidden: Collection[int] = (), after_ms: float = DISPLAY_MS) -> list[Record]:
    return [displayed(i, G2G_MS + after_ms, timestamp(i)) for i in range(FRAMES) if i not in hidden]


def session(records: Sequence[Record], *, display: bool = True, fps: float = 29.7) -> Session:
    return sessions.session(records, frames=FRAMES, client="browser", display=display, fps=fps)


def phases(book: Ledger) -> dict[int, str]:
    rows = np.flatnonzero(book.drop_phase != ABSENT)
    return {int(book.frame_id[row]): DROP_PHASES[book.drop_phase[row]] for row in rows}


def metrics(view: Session) -> dict[str, Value]:
    return compute(view, build(view))


def test_a_frame_is_displayed_when_the_callback_that_names_it_came() -> None:
    book = build(session([*remote(), *shown()]))
    assert (book.displayed_ns - book.captured_ns == (G2G_MS + DISPLAY_MS) * MS).all()
    assert book.budget_ms["display"] == pytest.approx(DISPLAY_MS)
    assert book.g2g_ms == pytest.approx(G2G_MS)  # still to the hand-over
    assert not phases(book)


def test_the_parts_and_the_display_sum_to_displayed_g2g() -> None:
    book = build(session([*remote(), *shown()]))
    total = np.sum([np.nan_to_num(part) for part in book.budget_ms.values()], axis=0)
    assert total == pytest.approx((book.displayed_ns - book.captured_ns) / 1e6)


def test_a_decoded_frame_that_a_later_one_replaced_is_a_drop_of_the_display_and_delivered() -> None:
    view = session([*remote(), *shown(hidden={40, 41})])
    book = build(view)
    assert phases(book) == {40: "display", 41: "display"}
    assert (book.outcome == DELIVERED).all()
    assert book.displayed_ns[40] == ABSENT
    found = compute(view, book)
    assert found["drops.display"].value == 2
    assert found["drop_ratio"].value == 0  # it came back
    assert found["g2g_ms.p50"].n == FRAMES
    assert found["g2g_displayed_ms.p50"].n == FRAMES - 2


def test_a_decoded_frame_that_nothing_replaced_still_waits_at_the_end() -> None:
    book = build(session([*remote(), *shown(hidden={FRAMES - 2, FRAMES - 1})]))
    assert not phases(book)
    assert (book.displayed_ns[-2:] == ABSENT).all()


def test_a_frame_that_never_came_did_not_die_at_the_display() -> None:
    book = build(session([*remote(lost={50}), *shown(hidden={50})]))
    assert phases(book) == {50: "unknown"}
    assert book.drops()["display"] == 0


def test_a_callback_that_names_no_frame_says_nothing() -> None:
    stray = Displayed(capture_ns(30), 12345, 1)
    assert not phases(build(session([*remote(), *shown(), stray])))
    assert (build(session([*remote(), stray])).displayed_ns == ABSENT).all()


def test_the_first_callback_of_a_frame_counts() -> None:
    again = [displayed(i, G2G_MS + 40, timestamp(i)) for i in range(FRAMES)]
    book = build(session([*remote(), *shown(), *again]))
    assert book.budget_ms["display"] == pytest.approx(DISPLAY_MS)


def test_a_callback_before_the_hand_over_is_kept_as_it_is() -> None:
    book = build(session([*remote(), *shown(after_ms=-1.5)]))
    assert book.budget_ms["display"] == pytest.approx(-1.5)


def test_of_two_streams_that_use_one_timestamp_the_nearer_frame_is_meant() -> None:
    early, late = 10, 100
    records = [
        seen(i, G2G_MS, rtp_timestamp=timestamp(early) if i == late else timestamp(i))
        for i in range(FRAMES)
    ]
    calls = [displayed(i, G2G_MS + DISPLAY_MS, timestamp(early)) for i in (early, late)]
    book = build(session([*records, *calls]))
    assert np.flatnonzero(book.displayed_ns != ABSENT).tolist() == [early, late]
    assert book.budget_ms["display"][[early, late]] == pytest.approx(DISPLAY_MS)


def test_displayed_g2g_has_the_statistics_that_g2g_has() -> None:
    found = metrics(session([*remote(), *shown()]))
    names = [name for name in METRICS if name.startswith("g2g_ms.")]
    for name in names:
        value = found[name.replace("g2g_ms", "g2g_displayed_ms")]
        if name == "g2g_ms.p99":
            assert value.reason == f"needs 500 displayed frames, has {FRAMES}"
        else:
            assert value.value == pytest.approx((found[name].value or 0) + DISPLAY_MS)
            assert value.reason == ""
    assert found["budget_ms.display"].value == pytest.approx(DISPLAY_MS)


def test_a_client_that_does_not_display_has_no_value_and_not_zero() -> None:
    found = metrics(session(remote(), display=False))
    mine = [n for n in METRICS if n.startswith("g2g_displayed_ms.") or n.endswith(".display")]
    assert len(mine) == 9
    for name in mine:
        assert found[name] == Value(None, NO_DISPLAY), name


def test_a_display_that_never_showed_a_frame_has_no_value_and_says_so() -> None:
    found = metrics(session(remote()))
    assert found["g2g_displayed_ms.p50"] == Value(None, "no frame was presented")
    assert found["g2g_ms.p50"].value == pytest.approx(G2G_MS)


@pytest.mark.parametrize(
    ("fps", "seconds", "expected"),
    [
        (30, 3600, True),
        (60, 10, True),
        (20, 10, True),
        (29.7, 1.6, True),  # 0.6 ticks a second
        (29.7, 1.7, False),
        (29.97, 10, True),
        (29.97, 20, False),
        (25, 1, False),
        (24, 1, False),
        (90, 1, False),
        (0, 10, False),
    ],
)
def test_a_rate_is_locked_while_its_frames_meet_one_moment_of_a_tick(
    fps: float, seconds: float, expected: bool
) -> None:
    assert locked(fps, seconds) is expected


@pytest.mark.parametrize(("fps", "remark"), [(30.0, LOCKED), (29.7, "")])
def test_a_locked_rate_is_remarked_on_beside_the_value(fps: float, remark: str) -> None:
    found = metrics(session([*remote(), *shown()], fps=fps))
    assert found["g2g_displayed_ms.p50"].value is not None
    assert found["g2g_displayed_ms.p50"].reason == remark
    assert found["g2g_ms.p50"].reason == ""


def test_a_client_that_tells_no_timestamps_has_nothing_on_display() -> None:
    untold: list[Seen] = [seen(i, G2G_MS) for i in range(FRAMES)]
    book = build(session([*untold, *shown()]))
    assert (book.displayed_ns == ABSENT).all()

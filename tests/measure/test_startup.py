"""The first seconds of sessions made by hand: when each is what it stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from g2gbench.measure.ledger import build
from g2gbench.measure.metric_value import Value
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import Event, Record, Scored, Seen, Stats
from g2gbench.measure.registry import METRICS
from g2gbench.measure.startup import NAMES, metrics
from tests.measure import sessions
from tests.measure.impaired import media, network
from tests.measure.sessions import (
    INTERVAL,
    MS,
    SECOND,
    START,
    capture_ns,
    seen,
    without_steady_state,
)

FRAMES = 500  # 20 s
STEADY = (START + 8 * SECOND, capture_ns(FRAMES))
USUAL_MS = 100.0
FRAME_MS = INTERVAL / MS


def measured(
    g2g_ms: Callable[[float], float | None] = lambda _: USUAL_MS,
    *,
    size: Callable[[float], tuple[int, int]] = lambda _: (1088, 624),
    mse: Callable[[float], float | None] = lambda _: None,
    events: Sequence[Record] = (),
    packets: Packets | None = None,
    steady: tuple[int, int] = STEADY,
) -> dict[str, Value]:
    """The start of a session whose frames are so, by the seconds from its first capture."""
    records: list[Record] = list(events)
    for frame in range(FRAMES):
        at_s = (capture_ns(frame) - START) / SECOND
        value, error = g2g_ms(at_s), mse(at_s)
        if value is None:
            continue
        width, height = size(at_s)
        back: Seen = replace(seen(frame, value), width=width, height=height)
        records.append(back)
        if error is not None and frame % 3 == 0:
            records.append(Scored(frame, frame, back.received_ns, error, 0.9))
    view = sessions.session(records, frames=FRAMES, steady=steady)
    return dict(metrics(view, build(view), packets))


def test_the_names_are_those_of_the_registry() -> None:
    assert [name for name in METRICS if name.startswith("startup")] == list(NAMES)


def test_a_session_that_begins_as_it_stays_is_there_at_once() -> None:
    found = measured(mse=lambda _: 10.0, packets=media(lambda _: 1000))
    assert [found[f"startup_ms.{name}"].value for name in ("settled", "full_size", "sharp")] == [
        0
    ] * 3
    # The link's windows are 50 ms apart.
    assert found["startup_ms.full_bitrate"].value == pytest.approx(0, abs=50)
    assert found["startup.g2g_ms.1s"].value == found["startup.g2g_ms.10s"].value == USUAL_MS
    assert found["startup.psnr_db.3s"].value == pytest.approx(38.13, abs=0.01)


def test_g2g_has_settled_at_the_first_frame_from_which_on_every_second_is_usual() -> None:
    found = measured(lambda at_s: 400.0 if at_s < 4 else USUAL_MS)
    # From the first frame's arrival to that of the first usual one: 4 s, less by 300 ms.
    assert found["startup_ms.settled"].value == pytest.approx(3700, abs=1)
    assert found["startup.g2g_ms.1s"].value == found["startup.g2g_ms.3s"].value == 400
    assert found["startup.g2g_ms.10s"].value == USUAL_MS


@pytest.mark.parametrize(
    ("aside_ms", "settled"), [(19.0, True), (-19.0, True), (21.0, False), (-21.0, False)]
)
def test_a_fifth_of_the_usual_g2g_is_near_enough(aside_ms: float, settled: bool) -> None:
    found = measured(lambda at_s: USUAL_MS + aside_ms if at_s < 6 else USUAL_MS)
    assert (found["startup_ms.settled"].value == 0) == settled


@pytest.mark.parametrize(("aside_ms", "settled"), [(4.9, True), (5.1, False)])
def test_five_milliseconds_are_near_enough_where_g2g_is_short(
    aside_ms: float, settled: bool
) -> None:
    found = measured(lambda at_s: 10.0 + aside_ms if at_s < 6 else 10.0)
    assert (found["startup_ms.settled"].value == 0) == settled


def test_what_does_not_stay_for_three_seconds_has_not_settled() -> None:
    found = measured(lambda at_s: USUAL_MS if not 2 <= at_s < 4 else 500.0)
    assert found["startup_ms.settled"].value == pytest.approx(4000, abs=FRAME_MS)
    later = measured(lambda at_s: USUAL_MS if not 3.2 <= at_s < 4 else 500.0)
    assert later["startup_ms.settled"].value == 0


def test_a_stall_at_the_start_is_not_settled() -> None:
    found = measured(lambda at_s: None if 0.5 <= at_s < 2.5 else USUAL_MS)
    assert found["startup_ms.settled"].value == pytest.approx(2500, abs=FRAME_MS)


def test_one_odd_frame_does_not_make_a_second_odd_but_no_second_begins_with_it() -> None:
    found = measured(lambda at_s: 500.0 if at_s < 0.01 else USUAL_MS)
    assert found["startup_ms.settled"].value == pytest.approx(0, abs=FRAME_MS)
    found = measured(lambda at_s: 160.0 if at_s < 0.1 else USUAL_MS)
    assert found["startup_ms.settled"].value == pytest.approx(3 * FRAME_MS - 60, abs=1)


def test_the_size_is_full_at_the_first_frame_after_which_none_is_smaller() -> None:
    found = measured(size=lambda at_s: (544, 312) if at_s < 2 else (1088, 624))
    assert found["startup_ms.full_size"].value == pytest.approx(2000, abs=FRAME_MS)
    again = measured(size=lambda at_s: (544, 312) if 1 <= at_s < 2 else (1088, 624))
    assert again["startup_ms.full_size"].value == pytest.approx(2000, abs=FRAME_MS)


def test_a_size_that_is_not_kept_is_told() -> None:
    found = measured(size=lambda at_s: (1088, 624) if at_s < 1 else (544, 312))
    full = found["startup_ms.full_size"]
    assert (full.value, full.code) == (None, "not_back")
    assert "did not keep their largest size within the 19.9 s" in full.reason


def test_the_bitrate_is_full_from_the_beginning_of_the_first_such_second() -> None:
    found = measured(packets=media(lambda at_s: 500 if at_s < 3 else 1000))
    # 0.9 of the usual second: a fifth of it is still of the first kind.
    assert found["startup_ms.full_bitrate"].value == pytest.approx(2800 - USUAL_MS, abs=50)
    never = measured(packets=media(lambda at_s: 500 if at_s < 8 else 1000), events=[network(6)])
    assert never["startup_ms.full_bitrate"].code == "not_back"


def test_without_a_link_the_bitrate_is_that_of_the_statistics() -> None:
    sent = [0.0]
    for second in range(20):
        sent.append(sent[-1] + (10_000 if second < 2 else 100_000))
    stats = [
        Stats(
            START + i * SECOND + SECOND // 2,
            {"outbound.bytes_sent": total, "outbound.header_bytes_sent": 0.0},
        )
        for i, total in enumerate(sent)
    ]
    found = measured(events=stats)["startup_ms.full_bitrate"]
    assert found.value == pytest.approx(2500 - USUAL_MS)
    assert found.reason == "from statistics, one a second"


def test_a_picture_is_sharp_when_it_is_one_decibel_from_the_usual_one() -> None:
    found = measured(mse=lambda at_s: 200.0 if at_s < 2 else 10.0)
    # Every third frame is scored.
    assert found["startup_ms.sharp"].value == pytest.approx(2000, abs=3 * FRAME_MS)
    assert found["startup.psnr_db.1s"].value == pytest.approx(25.12, abs=0.01)
    assert found["startup.psnr_db.10s"].value == pytest.approx(38.13, abs=0.01)
    near = measured(mse=lambda at_s: 12.0 if at_s < 2 else 10.0)
    assert near["startup_ms.sharp"].value == 0
    sharper = measured(mse=lambda at_s: 1.0 if at_s < 2 else 10.0)
    assert sharper["startup_ms.sharp"].value == 0


def test_without_pictures_nothing_is_sharp() -> None:
    found = measured()
    assert found["startup_ms.sharp"].reason == "this client compared no pictures"
    assert found["startup.psnr_db.1s"].reason == "this client compared no pictures"
    off = measured(events=[Event(START, "fidelity", {"reason": "session.fidelity is off"})])
    assert off["startup_ms.sharp"].reason == "session.fidelity is off"


def test_a_trial_that_ends_before_it_settles_says_so() -> None:
    found = measured(
        lambda at_s: 100.0 + 300 * at_s, steady=(START + 2 * SECOND, START + 6 * SECOND)
    )
    assert found["startup_ms.settled"].code == "not_back"
    assert "did not stay between" in found["startup_ms.settled"].reason
    assert found["startup.g2g_ms.10s"].reason == "5.9 s were watched, 10 s are needed"
    short = measured(steady=(START, START + 2 * SECOND))
    assert short["startup_ms.settled"].reason == "1.9 s were watched, 3 s are needed"
    assert short["startup_ms.full_size"].code == "too_short"


def test_a_change_of_the_network_ends_the_start() -> None:
    found = measured(lambda at_s: 400.0 if at_s < 5 else USUAL_MS, events=[network(4)])
    assert found["startup_ms.settled"].value is None
    assert "within the 3.6 s that were watched" in found["startup_ms.settled"].reason


def test_nothing_that_came_back_and_no_steady_state_are_reasons() -> None:
    nothing = measured(lambda _: None)
    assert set(nothing) == set(NAMES)
    assert {value.reason for value in nothing.values()} == {
        "no frame with a readable marker of this session came back"
    }
    view = without_steady_state(sessions.session([seen(i) for i in range(50)], frames=50))
    found = dict(metrics(view, build(view)))
    assert {value.reason for value in found.values()} == {"the warm-up was never over"}

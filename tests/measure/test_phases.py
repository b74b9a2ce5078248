from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from g2gbench.measure.ledger import build
from g2gbench.measure.metric_value import Value
from g2gbench.measure.metrics import compute
from g2gbench.measure.packets import Packets
from g2gbench.measure.phases import Phase, Recovery, impairments, phases, recoveries
from g2gbench.measure.records import Event, Record
from tests.measure import sessions
from tests.measure.impaired import end_s, media, network
from tests.measure.sessions import INTERVAL, SECOND, START, capture_ns, seen

FRAMES = 500  # 20 s
USUAL_MS = 100.0


def session_of(
    events: Sequence[Event],
    g2g_ms: Callable[[float], float | None] = lambda _: USUAL_MS,
    packets: Packets | None = None,
) -> tuple[tuple[Phase, ...], tuple[Recovery, ...], Value]:
    records: list[Record] = list(events)
    for frame in range(FRAMES):
        value = g2g_ms((capture_ns(frame) - START) / SECOND)
        if value is not None:
            records.append(seen(frame, value))
    view = sessions.session(records, frames=FRAMES)
    book = build(view)
    found = recoveries(view, book, packets)
    return phases(view, book, packets), found, compute(view, book, packets, found)["recovery_ms"]


STEADY_MEDIA = media(lambda _: 1000)


def test_nothing_happened_is_no_phase_and_no_recovery() -> None:
    found, recovered, metric = session_of([])
    assert (found, recovered) == ((), ())
    assert metric.reason == "no impairment of the network ended in the steady state"


def test_each_event_begins_a_phase_with_figures_of_its_own() -> None:
    prompt = Event(START + 12 * SECOND, "prompt", {"text": "a beach"})
    before = Event(START - SECOND, "prompt", {"text": "in the warm-up"})
    found, _, _ = session_of(
        [before, network(5, "wifi-busy"), prompt],
        lambda at_s: 300.0 if 5 <= at_s < 12 else USUAL_MS,
        media(lambda at_s: 1000 if at_s < 5 else 500),
    )
    assert [(p.label, p.start_s, p.end_s) for p in found] == [
        ("start", 0.0, 5.0),
        ("network: wifi-busy", 5.0, 12.0),
        ("prompt: a beach", 12.0, 20.0),
    ]
    assert [p.metrics["g2g_ms.p50"].value for p in found] == pytest.approx([100, 300, 100])
    bitrates = [p.metrics["uplink.bitrate_bps"].value for p in found]
    assert bitrates == pytest.approx([800_000, 400_000, 400_000])
    assert found[0].metrics["downlink.bitrate_bps"].value == 0
    assert found[1].metrics["drop_ratio"] == Value(0.0, n=175)
    assert found[1].metrics["fps"].value == pytest.approx(25, abs=0.2)


def test_a_phase_without_frames_says_so() -> None:
    found, _, _ = session_of([network(0, "first"), network(19.99, "last")])
    assert [p.label for p in found] == ["network: first", "network: last"]
    last = found[1].metrics
    assert last["g2g_ms.p50"].reason == "needs 10 delivered frames, has 0"
    assert last["drop_ratio"].reason == "no frame's fate is known"
    assert last["uplink.bitrate_bps"].reason == "no link logged packets"


def test_an_impairment_ends_when_the_first_network_is_back() -> None:
    events = [network(2, "busy"), network(4, "worse"), end_s(6), end_s(7), network(9), end_s(50)]
    view = sessions.session(events, frames=FRAMES)
    found = [(i.label, (i.start_ns - START) / SECOND, i.end_ns) for i in impairments(view)]
    assert found == [("busy", 2.0, START + 6 * SECOND)]


def test_a_session_that_is_not_hurt_has_recovered_at_once() -> None:
    _, (one,), metric = session_of([network(6), end_s(8)], packets=STEADY_MEDIA)
    assert (one.label, one.start_s, one.end_s) == ("bad", 6.0, 8.0)
    assert one.g2g_before_ms == pytest.approx(USUAL_MS)
    assert (one.g2g_ms.value, one.bitrate_ms.value, one.both_ms.value) == (0.0, 0.0, 0.0)
    assert one.overshoot_ms.value == pytest.approx(0.0)
    assert (one.frames_lost, metric) == (0, Value(0.0, n=1))


def test_g2g_is_back_when_most_of_a_window_is_usual_again() -> None:
    """400 ms until a second after the end: the window of 1 s is half usual 0.5 s after that."""
    _, (one,), metric = session_of(
        [network(6), end_s(8)],
        lambda at_s: 400.0 if 6 <= at_s < 9 else USUAL_MS,
        STEADY_MEDIA,
    )
    # Frames captured before 9 s arrive 400 ms later, the usual ones 100 ms later.
    assert one.g2g_ms.value == pytest.approx(1600, abs=200)
    assert metric.value == one.both_ms.value == one.g2g_ms.value
    assert one.overshoot_ms.value == pytest.approx(300)


def test_a_window_of_few_frames_is_a_stall_and_no_recovery() -> None:
    """After the blackout one frame in ten comes back, and each of them in time."""

    def g2g_ms(at_s: float) -> float | None:
        thinned = 6 <= at_s < 12 and round(at_s * SECOND) // INTERVAL % 10
        return None if thinned else USUAL_MS

    _, (one,), _ = session_of([network(6), end_s(8)], g2g_ms, STEADY_MEDIA)
    assert one.g2g_ms.value == pytest.approx(4_600, abs=200)
    assert one.frames_lost == pytest.approx(0.9 * 25 * 6, abs=3)


def test_the_bitrate_must_be_back_too() -> None:
    _, (one,), metric = session_of(
        [network(6), end_s(8)], packets=media(lambda at_s: 300 if 6 <= at_s < 11 else 1000)
    )
    assert one.g2g_ms.value == 0.0
    # 0.8 of the usual: (w * 1000 + (1 - w) * 300) >= 800 for w >= 0.72 of the window.
    assert one.bitrate_ms.value == pytest.approx(3_000 + 720, abs=60)
    assert metric.value == one.both_ms.value == one.bitrate_ms.value


def test_what_is_not_back_in_time_has_no_recovery() -> None:
    bad = [network(6, "lte"), end_s(8), network(10, "again"), end_s(12)]
    _, (first, second), metric = session_of(
        bad, lambda at_s: USUAL_MS if at_s < 6 or at_s >= 13 else 500.0, STEADY_MEDIA
    )
    reason = "g2g was not back within the 2.0 s that were watched"
    assert first.g2g_ms == Value(None, reason, code="not_back")
    assert metric == Value(None, "lte: g2g was not back within the 2.0 s that were watched")
    assert first.both_ms == first.g2g_ms
    # The second is compared with what was between the two.
    assert second.g2g_before_ms == pytest.approx(500)
    assert second.g2g_ms.value == 0.0


def test_too_little_before_or_after_is_not_judged() -> None:
    _, (one,), metric = session_of([network(0.2), end_s(8)])
    assert one.g2g_ms.reason == "too few frames before the impairment to compare with"
    assert one.g2g_before_ms is None
    assert one.bitrate_ms.reason == "no link logged packets"
    assert metric.value is None
    _, (one,), _ = session_of([network(0), end_s(8)], packets=STEADY_MEDIA)
    assert one.bitrate_ms.reason == "no media was sent before the impairment"
    _, (one,), _ = session_of([network(6), end_s(8)], lambda at: 100.0 if at < 6 else None)
    assert one.overshoot_ms.reason == "no frames came back after the impairment"


def test_a_session_whose_warm_up_was_never_over_has_neither() -> None:
    view = sessions.session([network(6), end_s(8)], frames=FRAMES)
    view = sessions.without_steady_state(view)
    book = build(view)
    assert phases(view, book) == ()
    assert recoveries(view, book) == ()
    assert impairments(view) == ()


def state(at_s: float, word: str) -> Event:
    return Event(START + round(at_s * SECOND), "state", {"state": word})


def reconnect(at_s: float, *, success: bool = True) -> Event:
    return Event(START + round(at_s * SECOND), "reconnect", {"success": success})


def test_a_reconnect_is_a_recovery_of_its_own_from_the_first_frame_after_it() -> None:
    events = [state(8, "reconnecting"), reconnect(9, success=False), reconnect(10)]
    _, found, metric = session_of(
        events,
        lambda at_s: None if 8 <= at_s < 10 else 300.0 if 10 <= at_s < 13 else USUAL_MS,
        STEADY_MEDIA,
    )
    (one,) = found
    assert (one.label, one.cause, one.start_s) == ("reconnect", "reconnect", 8.0)
    assert one.end_s == pytest.approx(10.3)
    assert one.settled_ms.value == pytest.approx(2800)
    assert one.full_size_ms.value == 0
    assert one.frames_lost == 50
    # The metric is of the network's impairments alone.
    assert metric.reason == "no impairment of the network ended in the steady state"


def test_a_reconnect_without_a_frame_or_before_the_steady_state_is_none() -> None:
    _, found, _ = session_of(
        [state(8, "reconnecting"), reconnect(10)], lambda at_s: USUAL_MS if at_s < 8 else None
    )
    assert found == ()
    _, found, _ = session_of([state(-1, "reconnecting"), reconnect(-0.5), reconnect(5)])
    assert found == ()


def test_a_reconnect_within_an_impairment_does_not_end_it() -> None:
    events = [network(5), state(6, "reconnecting"), reconnect(7), end_s(9)]
    _, found, _ = session_of(events, packets=STEADY_MEDIA)
    assert [(r.cause, r.start_s, round(r.end_s)) for r in found] == [
        ("network", 5.0, 9),
        ("reconnect", 6.0, 7),
    ]
    assert [r.both_ms.value for r in found] == [0, 0]

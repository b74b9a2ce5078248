from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from g2gbench.measure.journal import parse
from g2gbench.measure.ledger import build
from g2gbench.measure.metric_value import PERCENTILE_SAMPLES, Value
from g2gbench.measure.metrics import compute
from g2gbench.measure.packets import Packets
from g2gbench.measure.records import (
    Captured,
    Reached,
    Record,
    Scalar,
    Seen,
    Skipped,
    Stats,
    Usage,
    encode,
)
from g2gbench.measure.registry import METRICS
from tests.measure import sessions
from tests.measure.packet_logs import log, packet
from tests.measure.sessions import INTERVAL, MS, SECOND, START, capture_ns, captured, seen


def measured(
    records: Sequence[Record] = (),
    *,
    frames: int = 0,
    steady: tuple[int, int] | None = None,
    packets: Packets | None = None,
) -> dict[str, Value]:
    view = sessions.session(records, frames=frames, steady=steady)
    return compute(view, build(view), packets)


def statistics(steps: int = 5, **growth: float) -> list[Stats]:
    """A snapshot a second from 1.5 s on, with each counter growing by so much a step."""
    names = {key.replace("__", "."): value for key, value in growth.items()}
    return [
        Stats(START + SECOND // 2 + i * SECOND, {k: 100 + i * v for k, v in names.items()})
        for i in range(steps)
    ]


def gauge(key: str, values: Sequence[Scalar]) -> list[Stats]:
    return [Stats(START + i * SECOND, {key: value}) for i, value in enumerate(values)]


TEN_SECONDS = (START, START + 10 * SECOND)


def test_every_registered_metric_has_a_value_or_a_reason_in_the_order_of_the_registry() -> None:
    for found in (measured(), measured([seen(i) for i in range(20)], frames=20)):
        assert list(found) == list(METRICS)
        for name, value in found.items():
            assert value.value is not None or value.reason, name


def test_what_was_not_measured_is_null_and_not_zero() -> None:
    nothing = measured(steady=TEN_SECONDS)
    null = {name for name, value in nothing.items() if value.value is None}
    # What no frame at all says about the arrival of frames is known.
    assert set(METRICS) - null == {"fps", "stall_count", "stall_ms"}
    assert nothing["fps"].value == 0
    assert nothing["stall_ms"].value == 10_000


def test_a_warm_up_that_was_never_over_measures_no_steady_state() -> None:
    records = [captured(i) for i in range(20)] + [seen(i) for i in range(20)]
    view = parse(encode(r) for r in records)
    found = compute(view, build(view))
    assert {name for name, value in found.items() if value.value is not None} == set()
    assert found["fps"].reason == "the warm-up was never over"


def test_phases_count_from_the_start_of_the_connect_attempt() -> None:
    connect = START - 500 * MS
    found = measured(
        [
            Reached(connect + 20 * MS, "websocket"),
            Reached(connect + 300 * MS, "publish"),
            seen(0, 700),
        ],
        frames=1,
    )
    assert found["connect_ms.websocket"].value == 20
    assert found["connect_ms.publish"].value == 300
    assert found["ttff_ms"].value == 1200
    assert found["connect_ms.room"] == Value(None, "the session never reached room")


def test_a_misread_number_does_not_end_the_time_to_the_first_frame() -> None:
    stray = Seen(START + 50 * MS, START + 51 * MS, 40_000, "ok", 8, 8)
    early = Reached(stray.received_ns, "first_marker")
    found = measured([early, stray, seen(0, 700), seen(1, 700)], frames=2)
    assert found["ttff_ms"].value == 1200
    never = measured([early, stray], frames=2)["ttff_ms"]
    assert never == Value(None, "no frame with a readable marker of this session came back")


def test_g2g_is_of_frames_captured_in_the_steady_state() -> None:
    remote = [seen(i, 500 if i < 25 else 100 + i) for i in range(50)]
    found = measured(remote, frames=50, steady=(capture_ns(25), capture_ns(50)))
    assert found["g2g_ms.min"].value == 125
    assert found["g2g_ms.max"].value == 149
    assert found["g2g_ms.mean"].value == 137
    assert found["g2g_ms.p50"] == Value(137.0, n=25)


@pytest.mark.parametrize(("percent", "needed"), PERCENTILE_SAMPLES.items())
def test_a_percentile_needs_enough_frames(percent: int, needed: int) -> None:
    name = f"g2g_ms.p{percent}"
    too_few = measured([seen(i) for i in range(needed - 1)], frames=needed - 1)[name]
    reason = f"needs {needed} delivered frames, has {needed - 1}"
    assert too_few == Value(None, reason, needed - 1, "too_short")
    assert measured([seen(i) for i in range(needed)], frames=needed)[name].value == 100


def test_percentiles_are_interpolated_linearly() -> None:
    found = measured([seen(i, 100 + i) for i in range(10)], frames=10)
    assert found["g2g_ms.p50"].value == pytest.approx(104.5)


def test_a_negative_g2g_is_reported_as_it_is() -> None:
    assert measured([seen(i, -20) for i in range(10)], frames=10)["g2g_ms.p50"].value == -20


def test_the_drop_ratio_leaves_out_frames_whose_fate_is_not_a_drop() -> None:
    records: list[Record] = [captured(i, accepted=i != 50) for i in range(100)]
    remote = [seen(i) for i in range(10, 100) if i not in (50, 60, 61)]
    unreadable = seen(70, reading="rejected", witness=70)
    remote = [s for s in remote if s.seq != 5070] + [unreadable]
    found = measured([*records, *remote], steady=(START, capture_ns(100)))
    # 100 captured - 10 before live - 1 not published = 89, of which 2 were dropped.
    assert found["drop_ratio"] == Value(2 / 89, n=89)
    assert found["drops.unknown"].value == 2
    assert found["drops.encoder"].value == 0


def test_ratios_of_remote_frames_are_over_those_that_arrived_in_the_steady_state() -> None:
    early = [seen(i, 10, reading="no_marker") for i in range(5)]
    remote = [seen(i, 10) for i in range(10, 18)] + [seen(12, 20), seen(19, 10, reading="rejected")]
    found = measured([*early, *remote], frames=20, steady=(capture_ns(10), capture_ns(20)))
    assert found["unreadable_ratio"] == Value(1 / 10, n=10)
    assert found["repeat_ratio"] == Value(1 / 9, n=9)
    assert found["fps"].value == 8 / 0.4


def test_gap_metrics_are_those_of_new_frames_alone() -> None:
    remote = [seen(i, 10) for i in range(100) if not 50 <= i < 60]
    repeats = [seen(49, 10 + 40 * k) for k in range(1, 10)]
    found = measured([*remote, *repeats], frames=100)
    assert found["freeze_count"].value == found["stall_count"].value == 1
    assert found["freeze_ms"].value == found["stall_ms"].value == 11 * 40
    gaps_s = np.array([10, *[40] * 88, 440, 30]) / 1e3
    assert found["harmonic_fps"].value == pytest.approx(gaps_s.sum() / (gaps_s**2).sum())


def test_the_low_rate_is_that_of_the_longest_gaps() -> None:
    remote = [seen(i, 10) for i in range(200) if i not in (50, 51, 90)]
    found = measured(remote, frames=200)["fps_1pct_low"]
    # 197 frames have 198 gaps: with two more there are enough for 1 % of them.
    assert found == Value(None, "needs 200 gaps between new frames, has 198", 198, "too_short")
    remote = [seen(i, 10) for i in range(300) if i not in (50, 51, 90)]
    found = measured(remote, frames=300)["fps_1pct_low"]
    # The longest 3 of 298: 3, 2 and 1 intervals of 40 ms.
    assert found.value == pytest.approx(1000 / 80)


def test_frames_behind_the_deadline_are_late() -> None:
    remote = [seen(i, 100 if i % 10 else 201) for i in range(100)]
    view = sessions.session(remote, frames=100)
    assert view.started is not None
    for deadline_ms, late in ((200.0, 0.1), (201.0, 0.0), (99.0, 1.0)):
        asked = replace(view, started=replace(view.started, deadline_ms=deadline_ms))
        assert compute(asked, build(asked))["late_ratio"] == Value(late, n=100)
    found = compute(view, build(view))["late_ratio"]
    assert found == Value(None, "session.deadline is not set")


def test_times_a_frame_are_quotients_of_growth() -> None:
    found = measured(
        statistics(
            outbound__total_encode_time=0.3,
            outbound__frames_encoded=30,
            inbound__total_decode_time=0.06,
            inbound__frames_decoded=30,
            inbound__jitter_buffer_delay=1.5,
            inbound__jitter_buffer_emitted_count=30,
        ),
        steady=TEN_SECONDS,
    )
    assert found["encode_ms"].value == pytest.approx(10)
    assert found["decode_ms"].value == pytest.approx(2)
    assert found["jitter_buffer_ms"].value == pytest.approx(50)


def test_a_time_a_frame_without_frames_is_null() -> None:
    still = statistics(outbound__total_encode_time=0, outbound__frames_encoded=0)
    found = measured(still, steady=TEN_SECONDS)["encode_ms"]
    assert (found.value, found.reason) == (None, "nothing was counted in the steady state")


def test_bitrates_count_payload_and_headers() -> None:
    found = measured(
        statistics(
            outbound__bytes_sent=100_000,
            outbound__header_bytes_sent=25_000,
            inbound__bytes_received=50_000,
            inbound__header_bytes_received=0,
        ),
        steady=TEN_SECONDS,
    )
    assert found["uplink.bitrate_bps"].value == 1_000_000
    assert found["downlink.bitrate_bps"].value == 400_000


def test_statistics_of_the_warm_up_do_not_count() -> None:
    warm_up = Stats(START - SECOND, {"outbound.bytes_sent": 0, "outbound.header_bytes_sent": 0})
    rest = statistics(outbound__bytes_sent=100_000, outbound__header_bytes_sent=0)
    found = measured([warm_up, *rest], steady=TEN_SECONDS)
    assert found["uplink.bitrate_bps"].value == 800_000


def test_a_reset_counter_is_remarked_and_never_negative() -> None:
    first = statistics(3, outbound__bytes_sent=1000, outbound__header_bytes_sent=0)
    second = [
        Stats(s.at_ns + 4 * SECOND, s.values)
        for s in statistics(3, outbound__bytes_sent=1000, outbound__header_bytes_sent=0)
    ]
    found = measured([*first, *second], steady=TEN_SECONDS)["uplink.bitrate_bps"]
    assert found.value == 8000
    assert found.reason == "1 restart(s) of the counters left out"


def test_the_round_trip_time_is_that_of_receiver_reports_else_of_the_candidate_pair() -> None:
    pair = gauge("pair.current_round_trip_time", [0.03, 0.05, 0.04])
    assert measured(pair, steady=TEN_SECONDS)["rtt_ms.p50"].value == pytest.approx(40)
    reports = gauge("remote_inbound.round_trip_time", [0, 0.08, 0.08])
    both = measured([*pair, *reports], steady=TEN_SECONDS)["rtt_ms.p50"]
    assert both.value == pytest.approx(80)  # a zero means that no report has come yet
    assert both.n == 2


def test_jitter_and_available_bitrate_are_medians() -> None:
    found = measured(
        gauge("inbound.jitter", [0.001, 0.002, 0.009])
        + gauge("pair.available_outgoing_bitrate", [0, 300_000, 500_000]),
        steady=TEN_SECONDS,
    )
    assert found["jitter_ms"].value == pytest.approx(2)
    assert found["available_bitrate_bps"].value == 400_000


def test_the_downlinks_fraction_lost_is_of_the_packets_expected() -> None:
    grown = statistics(inbound__packets_received=95, inbound__packets_lost=5)
    found = measured(grown, steady=TEN_SECONDS)["downlink.fraction_lost"]
    assert found.value == pytest.approx(0.05)


def test_the_uplinks_fraction_lost_is_of_the_packets_sent_else_the_mean_of_the_reports() -> None:
    counted = statistics(outbound__packets_sent=100, remote_inbound__packets_lost=2)
    reported = gauge("remote_inbound.fraction_lost", [0.01, 0.03])
    found = measured([*counted, *reported], steady=TEN_SECONDS)["uplink.fraction_lost"]
    assert (found.value, found.reason) == (0.02, "")
    found = measured(reported, steady=TEN_SECONDS)["uplink.fraction_lost"]
    assert found.value == pytest.approx(0.02)
    assert "mean" in found.reason


def test_packets_sent_that_were_told_once_leave_the_uplinks_fraction_lost_null() -> None:
    once = [Stats(START, {"outbound.packets_sent": 9, "remote_inbound.fraction_lost": 0.49})]
    found = measured(once, steady=TEN_SECONDS)["uplink.fraction_lost"]
    reason = "fewer than two snapshots of the steady state tell it"
    assert found == Value(None, reason, code="too_short")


def test_the_links_loss_is_what_it_dropped_for_any_cause_in_the_steady_state() -> None:
    start, end = TEN_SECONDS
    inside = [packet(start + i * MS) for i in range(196)]
    dropped = [
        packet(start + MS, through_ms=None, fate=fate)
        for fate in ("loss", "queue", "codel", "blackout")
    ]
    others = [
        packet(start - 1, through_ms=None, fate="loss"),
        packet(end, through_ms=None, fate="loss"),
        packet(start, fate="copy"),
    ]
    found = measured([], steady=TEN_SECONDS, packets=log([*inside, *dropped, *others]))
    assert found["link.uplink.loss"] == Value(0.02, n=200)
    nothing = "no packet entered the downlink in the steady state"
    assert found["link.downlink.loss"].reason == nothing
    assert measured([])["link.uplink.loss"].reason == "no link logged packets"


def test_the_link_is_as_late_as_its_packets_left_after_their_time() -> None:
    start, _ = TEN_SECONDS
    late = [packet(start + i * MS, late_ms=2.0 if i < 50 else 0.25) for i in range(500)]
    found = measured([], steady=TEN_SECONDS, packets=log(late))["link.late_ms.p99"]
    assert found.value == pytest.approx(2.0)
    assert found.n == 500
    few = measured([], steady=TEN_SECONDS, packets=log(late[1:]))["link.late_ms.p99"]
    assert few == Value(None, "needs 500 packets, has 499", 499)


def test_the_first_packet_is_the_first_media_that_leaves_towards_the_client() -> None:
    packets = [
        packet(START, kind="dtls", direction="downlink"),
        packet(START, direction="uplink"),
        packet(START + 40 * MS, through_ms=None, fate="loss", direction="downlink"),
        packet(START + 50 * MS, direction="downlink"),
    ]
    found = measured([], packets=log(packets))["connect_ms.first_packet"]
    assert found == Value(500.0 + 50.0 + 20.0, n=1)  # connect lies 500 ms before the start
    never = measured([], packets=log(packets[:3]))["connect_ms.first_packet"]
    assert never.reason == "the session never reached first_packet"


def test_cpu_is_the_growth_in_the_steady_state_in_cores() -> None:
    usage = [
        Usage(START + i * SECOND, process, cpu_s=rate * i, rss_bytes=1000 + i)
        for process, rate in (("client", 0.5), ("worker", 1.25))
        for i in range(-5, 5)
    ]
    found = measured(usage, steady=TEN_SECONDS)
    assert found["cpu.client"].value == pytest.approx(0.5)
    assert found["cpu.worker"].value == pytest.approx(1.25)
    assert found["rss_bytes.client"].value == 1004
    assert found["cpu.room"].reason == "the process was not sampled"


@pytest.mark.parametrize(("late_ms", "late"), [(20, 0), (20.001, 1)])
def test_a_capture_more_than_half_an_interval_late_is_a_late_tick(
    late_ms: float, late: int
) -> None:
    slow = Captured(4, 1, capture_ns(4), capture_ns(4) + round(late_ms * MS))
    on_time = [captured(i) for i in (0, 1, 2, 3)]
    found = measured([*on_time, slow], steady=(START, capture_ns(5)))
    assert found["late_tick_ratio"] == Value(late / 5, n=5)


def test_a_skipped_tick_is_a_late_tick() -> None:
    records: list[Record] = [captured(i) for i in (0, 1, 2)]
    skipped = [Skipped(3, capture_ns(3)), Skipped(9, capture_ns(9))]
    found = measured([*records, *skipped], steady=(START, START + 4 * INTERVAL))
    assert found["late_tick_ratio"] == Value(1 / 4, n=4)

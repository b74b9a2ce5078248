from __future__ import annotations

from pathlib import Path

from g2gbench.measure.registry import METRICS, markdown_table

METRICS_DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"

PINNED = """
ttff_ms ms lower
connect_ms.websocket ms lower
connect_ms.room_info ms lower
connect_ms.room ms lower
connect_ms.publish ms lower
connect_ms.subscribe ms lower
connect_ms.first_packet ms lower
connect_ms.first_frame ms lower
startup_ms.settled ms lower
startup_ms.full_size ms lower
startup_ms.full_bitrate ms lower
startup_ms.sharp ms lower
startup.g2g_ms.1s ms lower
startup.g2g_ms.3s ms lower
startup.g2g_ms.10s ms lower
startup.psnr_db.1s dB higher
startup.psnr_db.3s dB higher
startup.psnr_db.10s dB higher
g2g_ms.min ms lower
g2g_ms.mean ms lower
g2g_ms.p50 ms lower
g2g_ms.p90 ms lower
g2g_ms.p95 ms lower
g2g_ms.p99 ms lower
g2g_ms.max ms lower
g2g_displayed_ms.min ms lower
g2g_displayed_ms.mean ms lower
g2g_displayed_ms.p50 ms lower
g2g_displayed_ms.p90 ms lower
g2g_displayed_ms.p95 ms lower
g2g_displayed_ms.p99 ms lower
g2g_displayed_ms.max ms lower
budget_ms.encode ms lower
budget_ms.uplink ms lower
budget_ms.service_decode ms lower
budget_ms.service ms lower
budget_ms.service_encode ms lower
budget_ms.downlink ms lower
budget_ms.decode ms lower
budget_ms.unattributed ms lower
budget_ms.display ms lower
drop_ratio ratio lower
drops.before_encoder count lower
drops.encoder count lower
drops.uplink count lower
drops.service count lower
drops.downlink count lower
drops.decoder count lower
drops.after_decoder count lower
drops.display count lower
drops.unknown count lower
late_ratio ratio lower
unreadable_ratio ratio lower
repeat_ratio ratio lower
fps fps higher
harmonic_fps fps higher
fps_1pct_low fps higher
freeze_count count lower
freeze_ms ms lower
stall_count count lower
stall_ms ms lower
rtt_ms.p50 ms lower
jitter_ms ms lower
uplink.fraction_lost ratio lower
downlink.fraction_lost ratio lower
link.uplink.loss ratio lower
link.downlink.loss ratio lower
link.late_ms.p99 ms lower
uplink.bitrate_bps bps neither
downlink.bitrate_bps bps neither
available_bitrate_bps bps higher
encode_ms ms lower
decode_ms ms lower
jitter_buffer_ms ms lower
psnr_db dB higher
ssim index higher
psnr_displayed_db dB higher
ssim_displayed index higher
vmaf_displayed points higher
psnr_db.p1 dB higher
psnr_db.p5 dB higher
psnr_db.harmonic dB higher
ssim.p1 index higher
ssim.p5 index higher
ssim.harmonic index higher
psnr_displayed_db.p1 dB higher
psnr_displayed_db.p5 dB higher
psnr_displayed_db.harmonic dB higher
ssim_displayed.p1 index higher
ssim_displayed.p5 index higher
ssim_displayed.harmonic index higher
vmaf_displayed.p1 points higher
vmaf_displayed.p5 points higher
vmaf_displayed.harmonic points higher
fidelity_scored_ratio ratio neither
fidelity_unmatched_ratio ratio lower
fidelity_identical count neither
cpu.client cores lower
cpu.link cores lower
cpu.room cores lower
cpu.service cores lower
cpu.worker cores lower
rss_bytes.client bytes lower
rss_bytes.link bytes lower
rss_bytes.room bytes lower
rss_bytes.service bytes lower
rss_bytes.worker bytes lower
recovery_ms ms lower
quality level higher
late_tick_ratio ratio lower
"""


def test_names_units_and_directions_stay_as_pinned() -> None:
    registered = [f"{m.name} {m.unit} {m.direction}" for m in METRICS.values()]
    assert registered == PINNED.split("\n")[1:-1]


def test_every_metric_is_defined_in_one_sentence() -> None:
    for metric in METRICS.values():
        assert metric.definition.endswith("."), metric.name
        assert ". " not in metric.definition, metric.name


def test_the_unit_of_a_metric_agrees_with_its_name() -> None:
    for metric in METRICS.values():
        first, *_, last = [*metric.name.split("."), ""][:2]
        if first.endswith("_ms"):
            assert metric.unit == "ms", metric.name
        if first.endswith("_bps") or last.endswith("_bps"):
            assert metric.unit == "bps", metric.name
        if first.endswith("_db"):
            assert metric.unit == "dB", metric.name
        if first.endswith("_ratio"):
            assert metric.unit == "ratio", metric.name


def test_the_document_quotes_the_registry() -> None:
    assert markdown_table() in METRICS_DOCUMENT.read_text(encoding="utf-8")

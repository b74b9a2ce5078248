"""The model: defaults, what they are settled to, and what the helpers derive."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from g2gbench.errors import InputError
from g2gbench.scenario import (
    PROFILES,
    SERVICE_MODELS,
    LinkSection,
    LoopbackTarget,
    PlayoutDelay,
    PublishSection,
    QueueLimit,
    RoomSection,
    Scenario,
    cells,
    resolved,
)
from tests.scenario.texts import scenario

UNKNOWN = ("target.model=mine", "source.size=640x360", "source.fps=24")


def test_the_defaults_are_the_documented_ones() -> None:
    it = scenario()
    assert (it.description, it.repeat, it.seed, it.expect, it.timeline, it.matrix) == (
        ("", 1, 1, (), (), {})
    )
    assert (it.publish.codec, it.publish.max_bitrate, it.publish.simulcast) == (
        ("vp8", 2_000_000, False)
    )
    assert (it.session.warmup, it.session.duration, it.session.prompt) == (10.0, 20.0, None)
    assert it.session.playout_delay is None
    assert (it.source.content, it.source.marker) == ("street", "auto")
    assert not any(link.impaired for link in it.links())
    assert isinstance(it.target, LoopbackTarget)
    assert (it.target.processing.mean, it.target.processing.spread) == (0.0, 0.0)
    assert (it.target.room, it.client.kind) == (RoomSection(), "native")


def test_open_defaults_are_settled_from_the_model() -> None:
    it = scenario()
    assert it.source.size == (1088, 624)
    assert it.source.fps == it.publish.max_framerate == 30.0
    assert isinstance(it.target, LoopbackTarget)
    assert it.target.processing.transform == "restyle"


def test_what_is_written_is_not_settled_over() -> None:
    it = scenario("", "publish.max_framerate=15", "source.fps=25", "source.size=320x180")
    assert (it.publish.max_framerate, it.fps, it.frame_size) == (15.0, 25.0, (320, 180))


@pytest.mark.parametrize("model", SERVICE_MODELS)
def test_every_model_of_the_table_gives_size_rate_and_v1(model: str) -> None:
    it = scenario("", f"target.model={model}")
    entry = SERVICE_MODELS[model]
    assert it.frame_size == it.output_size == (entry.width, entry.height)
    assert (it.fps, it.marker_version, it.transform) == (entry.fps, "v1", "restyle")


def test_an_unknown_model_passes_through_and_keeps_the_size_of_the_source() -> None:
    it = scenario("", *UNKNOWN)
    assert (it.transform, it.marker_version) == ("passthrough", "v2")
    assert it.frame_size == it.output_size == (640, 360)
    assert it.fps == 24.0


@pytest.mark.parametrize(
    ("transform", "marker", "output"),
    [
        ("restyle", "v1", (1088, 624)),
        ("mirror", "v1", (1088, 624)),
        ("passthrough", "v2", (320, 180)),
    ],
)
def test_the_transform_decides_marker_and_output_size(
    transform: str, marker: str, output: tuple[int, int]
) -> None:
    it = scenario("", f"target.processing.transform={transform}", "source.size=320x180")
    assert (it.marker_version, it.output_size) == (marker, output)


def test_a_marker_that_is_asked_for_is_used() -> None:
    assert scenario("", "source.marker=v2").marker_version == "v2"
    assert scenario("", "source.marker=v1", *UNKNOWN).marker_version == "v1"


def test_a_restyle_of_an_unknown_model_keeps_the_size_of_the_source() -> None:
    it = scenario("", "target.processing.transform=restyle", *UNKNOWN)
    assert it.output_size == (640, 360)


def test_helpers_that_lack_size_or_rate_say_which_field_is_needed() -> None:
    it = Scenario.model_validate({"name": "a", "target": {"kind": "loopback", "model": "mine"}})
    with pytest.raises(InputError, match=r"source\.size: needed"):
        _ = it.frame_size
    with pytest.raises(InputError, match=r"source\.fps: needed"):
        _ = it.fps


def test_the_estimate_counts_every_repetition_with_its_setup() -> None:
    it = scenario("repeat: 3\nsession: {warmup: 2s, duration: 10s}\n")
    assert it.estimated_seconds == 3 * (2 + 10 + 5)


@pytest.mark.parametrize(
    ("written", "delay"),
    [
        ("natural", None),
        ("0ms", (0.0, 0.0)),
        ("100ms", (0.1, 0.1)),
        ("40.95s", (40.95, 40.95)),
        ("{min: 0ms, max: 1s}", (0.0, 1.0)),
    ],
)
def test_playout_delay_is_natural_fixed_or_bounded(
    written: str, delay: tuple[float, float] | None
) -> None:
    found = scenario(f"session: {{playout_delay: {written}}}\n").session.playout_delay
    if delay is None:
        assert found is None
    else:
        assert isinstance(found, PlayoutDelay)
        assert (found.min, found.max) == delay


@pytest.mark.parametrize(
    ("written", "limit", "rendered"),
    [
        ("200ms", QueueLimit(seconds=0.2), "200ms"),
        ("50packets", QueueLimit(packets=50), "50packets"),
        ("50 packets", QueueLimit(packets=50), "50packets"),
        ("64kB", QueueLimit(bytes=64_000), "64kB"),
        ("1MB", QueueLimit(bytes=1_000_000), "1MB"),
        ("null", None, None),
    ],
)
def test_a_queue_is_a_time_packets_or_bytes(
    written: str, limit: QueueLimit | None, rendered: str | None
) -> None:
    it = scenario(f"network: {{uplink: {{queue: {written}, capacity: 2Mbps}}}}\n")
    assert it.network.uplink is not None
    assert it.network.uplink.queue == limit
    assert resolved(it)["network"]["uplink"]["queue"] == rendered


@pytest.mark.parametrize(
    "queue", ["0ms", "0packets", "61s", "200000packets", "0B", "101MB", "2.5B"]
)
def test_a_queue_out_of_bounds_is_refused(queue: str) -> None:
    with pytest.raises(InputError, match=r"network\.uplink\.queue"):
        scenario(f"network: {{uplink: {{queue: {queue}, capacity: 2Mbps}}}}\n")


def test_without_a_profile_the_network_has_no_effect() -> None:
    assert scenario().network.resolved() == (LinkSection(), LinkSection())


def test_a_direction_given_replaces_that_direction_of_the_profile_whole() -> None:
    network = scenario("network: {profile: wifi, uplink: {delay: 80ms}}\n").network
    uplink, downlink = network.resolved()
    assert uplink == LinkSection.model_validate({"delay": "80ms"})
    assert downlink == PROFILES["wifi"].downlink


def test_an_empty_direction_switches_the_profile_off_there() -> None:
    network = scenario("network: {profile: wifi, uplink: {}, downlink: {}}\n").network
    assert network.resolved() == (LinkSection(), LinkSection())


@pytest.mark.parametrize(
    "field",
    [
        *("delay: 1ms", "jitter: 1ms", "capacity: 1Gbps", "loss: 0.01%", "duplication: 1%"),
        *("blackout: true", "trace: scenarios/traces/stairs.csv"),
    ],
)
def test_a_packet_can_notice_any_effect(field: str) -> None:
    uplink, downlink = scenario(f"network: {{downlink: {{{field}}}}}\n").links()
    assert (uplink.impaired, downlink.impaired) == (False, True)


def test_leave_to_overtake_alone_is_nothing_to_notice() -> None:
    _, downlink = scenario("network: {downlink: {allow_reordering: true}}\n").links()
    assert not downlink.impaired


def test_a_timeline_keeps_its_entries_in_seconds() -> None:
    it = scenario(
        "timeline:\n  - {at: 0s, network: {profile: wifi}}\n  - {at: 14s, prompt: a sunny beach}\n"
    )
    first, second = it.timeline
    assert first.network is not None
    assert (first.at, first.network.profile, first.prompt) == (0.0, "wifi", None)
    assert (second.at, second.network, second.prompt) == (14.0, None, "a sunny beach")


def test_two_timeline_entries_at_one_time_are_refused() -> None:
    with pytest.raises(InputError, match=r"timeline\[1\]\.at: .*more than 3s, the entry before"):
        scenario("timeline: [{at: 3s, prompt: a}, {at: 3000ms, prompt: b}]\n")


@pytest.mark.parametrize("escape", ["\\0", "\\e", "\\x7f", "\\r", "\\L", "\\ufeff", "\\ud800"])
def test_control_characters_are_no_text(escape: str) -> None:
    with pytest.raises(InputError, match=r"session\.prompt: .*it contains control characters"):
        scenario(f'session: {{prompt: "a{escape}b"}}\n')


def test_line_breaks_tabs_and_any_script_are_text() -> None:
    prompt = scenario('session: {prompt: "a\\n\\tb 桜 👩‍🚀 é"}\n').session.prompt
    assert prompt == "a\n\tb 桜 👩‍🚀 é"


def test_scenarios_and_cells_survive_pickling_to_another_process() -> None:
    it = scenario("matrix: {publish.codec: [vp8, h264]}\n")
    assert pickle.loads(pickle.dumps(it)) == it
    assert pickle.loads(pickle.dumps(cells(it))) == cells(it)


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(scenario().publish, "codec", "h264")  # noqa: B010 - mypy knows that it is frozen


def test_sections_take_values_as_documents_write_them() -> None:
    assert PublishSection.model_validate({"max_bitrate": "500kbps"}).max_bitrate == 500_000
    with pytest.raises(ValidationError):
        PublishSection.model_validate({"max_bitrate": 500_000})

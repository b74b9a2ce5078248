"""What a scenario becomes for each process of a trial."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pydantic import SecretStr

from g2gbench.client import frame_source
from g2gbench.client.plan import PlannedPrompt, SourcePlan
from g2gbench.client.stamp_sizes import stamped_size
from g2gbench.link.plan import LinkPlan
from g2gbench.process.message import from_json
from g2gbench.scenario import Scenario, cells, load
from g2gbench.scenario.model.masking import secrets_of
from g2gbench.secrecy import Unshown
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import EmbeddedRoom, LivekitServerRoom, RoomChoice, UrlRoom
from g2gbench.sources.page_camera import PageCameraSource
from g2gbench.trial import plan
from g2gbench.trial.link_plan import link_at_start
from g2gbench.trial.plan import PlannedTrial
from tests.scenario.texts import scenario

MATRIX = "repeat: 3\nmatrix: {publish.codec: [vp8, h264]}\n"


def _trial(more: str = "", *overrides: str, repeat: int = 0) -> PlannedTrial:
    settings = (f"repeat={repeat + 1}", *overrides)
    planned = plan.trials(cells(scenario(more, *settings)))
    return next(trial for trial in planned if trial.repeat == repeat)


def _with_target(**target: str) -> PlannedTrial:
    given = Scenario.model_validate({"name": "a", "target": {"model": "lucy-2.1", **target}})
    cell = cells(scenario())[0]
    whole = cell.scenario.model_copy(update={"target": given.target})
    return PlannedTrial(dataclasses.replace(cell, scenario=whole), 0, 1)


def _service_trial() -> PlannedTrial:
    return _with_target(kind="service", url="wss://x", api_key="the-key-of-a-customer")


# -- the order of trials


def test_every_cell_runs_once_before_any_runs_again() -> None:
    order = [
        (trial.scenario.publish.codec, trial.repeat)
        for trial in plan.trials(cells(scenario(MATRIX)))
    ]
    assert order == [
        ("vp8", 0), ("h264", 0),
        ("vp8", 1), ("h264", 1),
        ("vp8", 2), ("h264", 2),
    ]  # fmt: skip


def test_cells_are_compared_under_the_same_chance_and_repeats_under_another() -> None:
    trials = plan.trials(cells(scenario(MATRIX)))
    seeds = [{t.seed for t in trials if t.repeat == repeat} for repeat in range(3)]
    assert [len(of_repeat) for of_repeat in seeds] == [1, 1, 1]
    assert len(set.union(*seeds)) == 3


def test_the_seed_of_the_scenario_changes_every_trial_and_the_same_one_none() -> None:
    def seeds(seed: int) -> list[int]:
        return [t.seed for t in plan.trials(cells(scenario(MATRIX, f"seed={seed}")))]

    assert seeds(1) == seeds(1)
    assert not set(seeds(1)) & set(seeds(2))


def test_a_block_is_one_repeat_of_every_cell() -> None:
    found = plan.blocks(cells(scenario(MATRIX)))
    assert [{trial.repeat for trial in block} for block in found] == [{0}, {1}, {2}]
    assert {len({trial.cell.name for trial in block}) for block in found} == {2}


def test_a_trial_that_is_made_again_says_so() -> None:
    trial = _trial()
    assert dataclasses.replace(trial, attempt=1).name == f"{trial.name}, attempt 2"


def test_a_trial_is_named_by_its_cell_and_repeat_and_has_a_time_limit() -> None:
    trial = plan.trials(cells(scenario(MATRIX, "session.warmup=8s", "session.duration=20s")))[-1]
    assert trial.name == "publish.codec=h264 #2"
    assert trial.expected_s == 28
    assert trial.limit_s > trial.expected_s


# -- the client


def test_the_client_is_told_what_to_send() -> None:
    trial = _trial(
        "",
        "publish.codec=h264",
        "publish.max_bitrate=500kbps",
        "source.size=640x360",
        "source.fps=25",
        "source.content=noise",
        "session.warmup=3s",
        "session.duration=7s",
        "seed=9",
    )
    told = plan.client_plan(trial)
    assert told.source == SourcePlan("synthetic", 640, 360, 25, "noise", mirror="off")
    assert (told.publish.codec, told.publish.max_bitrate_bps) == ("h264", 500_000)
    assert (told.warmup_s, told.duration_s) == (3, 7)
    assert (told.model, told.seed) == ("lucy-2.1", 9)
    assert told.api_key  # the service refuses an empty one


def test_a_persons_page_may_bring_its_own_camera() -> None:
    trial = _trial("", "client.kind=browser", "source.size=640x360", "source.fps=25")
    assert plan.client_plan(trial).client == "browser"
    told = plan.client_plan(trial, live=True, camera=True)
    assert (told.client, told.source.kind) == ("live", "page-camera")
    source = frame_source.make(told.source, 1)
    assert isinstance(source, PageCameraSource)
    assert (source.width, source.height, source.fps) == (640, 360, 25)
    assert source.due_ns(2) == 80_000_000
    picture = bytearray(640 * 360 * 3 // 2)
    source.render(0, picture)
    assert (picture[0], picture[-1]) == (16, 128)  # black


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((), 26), (("publish.max_framerate=25",), 26), (("publish.max_framerate=15",), 15)],
)
def test_the_sdk_gets_room_above_the_sources_framerate_and_none_below_it(
    asked: tuple[str, ...], expected: float
) -> None:
    told = plan.client_plan(_trial("", "source.fps=25", *asked))
    assert told.publish.max_framerate == expected


def test_a_target_that_transforms_is_asked_to_stamp_anew_at_its_own_size() -> None:
    told = plan.client_plan(_trial("", "source.size=640x360"))
    assert told.pixel_latency is True
    assert told.marker == "v1"
    assert told.stamped_size == (1088, 624)


def test_where_pixels_pass_the_stamp_of_whatever_size_is_captured_is_read() -> None:
    passing = ("target.processing.transform=passthrough", "source.size=640x360")
    told = plan.client_plan(_trial("", *passing))
    assert told.pixel_latency is False
    assert told.marker == "v2"
    assert stamped_size(told, (640, 360)) == (640, 360)


def test_prompts_come_at_their_times_and_other_entries_are_not_prompts() -> None:
    timeline = """
session: {duration: 20s, prompt: "a city"}
timeline:
  - {at: 2s, prompt: "a beach"}
  - {at: 4s, network: {profile: wifi}}
  - {at: 14s, prompt: "räuberisch 🏙"}
"""
    told = plan.client_plan(_trial(timeline))
    assert told.prompt == "a city"
    assert told.prompts == (
        PlannedPrompt(2, "a beach", None),
        PlannedPrompt(14, "räuberisch 🏙", None),
    )


# -- the service


def test_the_service_is_told_what_the_model_does() -> None:
    processing = """
      {transform: mirror, mean: 40ms, spread: 5ms, max_fps: 20}"""
    trial = _trial("", f"target.processing={processing.strip()}", "publish.codec=h264", repeat=2)
    told = plan.service_plan(trial)
    assert told is not None
    worker = told.host.worker
    assert (worker.transform, worker.marker, worker.codec) == ("mirror", "v1", "h264")
    assert (worker.output_size, worker.fps) == ((1088, 624), 30)
    assert worker.processing == Processing(0.04, 0.005, 20)
    assert worker.seed == trial.seed
    assert told.model == "lucy-2.1"


@pytest.mark.parametrize(
    ("written", "told"),
    [("natural", None), ("0ms", (0, 0)), ("{min: 50ms, max: 1.2s}", (50, 1200))],
)
def test_the_room_is_told_the_playout_delay_in_milliseconds(
    written: str, told: tuple[int, int] | None
) -> None:
    service = plan.service_plan(_trial("", f"session.playout_delay={written}"))
    assert service is not None
    assert service.host.room.playout_delay_ms == told


def test_a_target_that_is_not_ours_has_no_service_and_gets_its_own_key() -> None:
    trial = _service_trial()
    assert plan.service_plan(trial) is None
    assert plan.client_plan(trial).api_key == "the-key-of-a-customer"
    assert "the-key" not in repr(plan.client_plan(trial))
    assert plan.client_plan(trial).pixel_latency is True


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("embedded", EmbeddedRoom(start_bitrate_kbps=5000)),
        ("livekit-server", LivekitServerRoom()),
        ("{kind: livekit-server}", LivekitServerRoom()),
        ("{kind: livekit-server, command: /opt/lk}", LivekitServerRoom(command="/opt/lk")),
    ],
)
def test_the_room_of_a_loopback_is_the_one_asked_for(written: str, told: RoomChoice) -> None:
    service = plan.service_plan(_trial("", f"target.room={written}"))
    assert service is not None
    assert service.host.room == told


def test_a_livekit_target_has_our_worker_in_a_room_of_that_server() -> None:
    keys = {"url": "wss://x", "api_key": "a-key-1", "api_secret": "secret"}
    trial = _with_target(kind="livekit", **keys)
    service, loopback = plan.service_plan(trial), plan.service_plan(_trial())
    assert service is not None
    assert loopback is not None
    assert service.host.room == UrlRoom("wss://x", Unshown("a-key-1"), Unshown("secret"))
    assert "a-key-1" not in repr(service)
    assert service.host.worker == dataclasses.replace(loopback.host.worker, seed=trial.seed)
    # The client asks our service in both: the server's keys are not the client's business.
    assert plan.client_plan(trial) == plan.client_plan(_trial())


# -- what all plans have in common


def test_every_plan_crosses_the_border_of_a_process(tmp_path: Path) -> None:
    trial = _trial(
        "session: {playout_delay: 0ms}\n"
        "network: {profile: wifi}\n"
        "timeline: [{at: 1s, prompt: a beach}]\n"
    )
    directions = link_at_start(trial.scenario)
    assert directions is not None
    service = plan.service_plan(trial, tmp_path, tmp_path / "frames.jsonl")
    assert service is not None
    for told in (plan.client_plan(trial), service, LinkPlan(directions, trial.seed)):
        assert from_json(told.to_json(), (type(told),)) == told


def test_the_secrets_of_a_target_are_known_and_a_loopback_has_none() -> None:
    assert secrets_of(scenario()) == ()
    assert secrets_of(_service_trial().scenario) == (SecretStr("the-key-of-a-customer"),)
    livekit = _with_target(kind="livekit", url="wss://x", api_key="a-key-1", api_secret="secret")
    assert set(secrets_of(livekit.scenario)) == {SecretStr("a-key-1"), SecretStr("secret")}


def test_at_a_resolution_of_the_services_own_only_the_service_knows_the_stamps_size() -> None:
    usual = plan.client_plan(_with_target(kind="service", api_key="a-key-1"))
    large = plan.client_plan(_with_target(kind="service", api_key="a-key-1", resolution="1080p"))
    assert usual.stamped_size == (1088, 624)
    assert large.stamped_size is None


def test_a_file_keeps_its_own_times_unless_it_is_told_a_rate(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "hat.png").touch()
    path = tmp_path / "clip.yaml"
    path.write_text("""\
name: clip
target: {kind: loopback, model: lucy-2.1}
source: {kind: file, path: clip.mp4, mirror: auto}
session: {image: hat.png}
timeline: [{at: 1s, image: hat.png, prompt: a hat}]
""")
    own, told = (
        plan.client_plan(plan.trials(cells(load(path, overrides=settings)))[0])
        for settings in ((), ("source.fps=12",))
    )
    clip, hat = str(tmp_path / "clip.mp4"), str(tmp_path / "hat.png")
    assert (own.source.path, own.source.fps) == (clip, None)
    assert own.publish.max_framerate is None
    assert (told.source.fps, told.publish.max_framerate) == (12, 13)
    assert own.image == hat
    assert own.prompts == (PlannedPrompt(1, "a hat", hat),)
    assert own.source.mirror == "auto"


# -- picture quality


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (("target.processing={transform: passthrough}",), ""),
        ((), "the model changes the picture (restyle)"),
        (("target.processing={transform: mirror}",), "the model changes the picture (mirror)"),
        (
            ("target.processing={transform: passthrough}", "source={kind: camera}"),
            "a camera's picture cannot be had again",
        ),
        (
            ("target.processing={transform: passthrough}", "session.fidelity=off"),
            "session.fidelity is off",
        ),
        (("target.processing={transform: passthrough}", "client.kind=browser"), ""),
    ],
)
def test_pictures_are_compared_where_there_is_something_to_hold_them_against(
    overrides: tuple[str, ...], reason: str
) -> None:
    assert plan.client_plan(_trial("", *overrides)).no_fidelity == reason


def test_a_persons_own_browser_keeps_no_pictures() -> None:
    trial = _trial("", "target.processing={transform: passthrough}", "client.kind=browser")
    told = plan.client_plan(trial, live=True).no_fidelity
    assert told == "a person's browser hands over the marker's corner of a picture alone"


def test_a_file_is_decoded_again_for_comparison() -> None:
    whole = _trial("", "target.processing={transform: passthrough}").scenario
    source = whole.source.model_copy(update={"kind": "file", "path": "a.mp4"})
    assert plan.why_no_fidelity(whole.model_copy(update={"source": source})) == ""


def test_what_the_service_draws_is_compared_with_nothing() -> None:
    told = plan.client_plan(_service_trial()).no_fidelity
    assert told.startswith("the service draws pictures of its own")

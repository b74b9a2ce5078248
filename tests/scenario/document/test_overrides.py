"""``--set``: any field can be replaced, and an error names the option."""

from __future__ import annotations

import pytest

from g2gbench.scenario import ScenarioError, loads
from g2gbench.scenario.document.overrides import parse_path
from g2gbench.scenario.problems import Refused
from tests.scenario.texts import MINIMAL, scenario


def refusal(*overrides: str, more: str = "") -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario(more, *overrides)
    assert all(problem.line is None for problem in caught.value.problems)
    return str(caught.value)


def test_fields_of_every_kind_can_be_set() -> None:
    it = scenario(
        "expect: [fps > 20]\n",
        "publish.codec=h264",
        "repeat=3",
        "source.size=640x360",
        "expect[0]=g2g_ms.p95 < 500ms",
        "expect[1]=ttff_ms < 4s",
        "session.playout_delay={min: 0ms, max: 100ms}",
        "network.uplink.delay = 20ms",
        "timeline[0]={at: 1s, prompt: x}",
        "timeline[0].prompt=y",
    )
    assert (it.publish.codec, it.repeat, it.frame_size) == ("h264", 3, (640, 360))
    assert [e.text for e in it.expect] == ["g2g_ms.p95 < 500ms", "ttff_ms < 4s"]
    assert it.session.playout_delay is not None
    assert it.session.playout_delay.max == 0.1
    assert it.network.uplink is not None
    assert it.network.uplink.delay == 0.02
    assert it.timeline[0].prompt == "y"


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ("a: b # c", "a: b # c"),
        ('"quoted: #"', "quoted: #"),
        ("'1'", "1"),
        ("no", "no"),
        ("null", None),
        ("x = y", "x = y"),
    ],
)
def test_text_needs_no_quotes_beyond_those_of_the_shell(value: str, prompt: str | None) -> None:
    assert scenario("", f"session.prompt={value}").session.prompt == prompt


def test_a_section_left_empty_in_the_file_can_be_filled() -> None:
    assert scenario("publish:\n", "publish.codec=av1").publish.codec == "av1"


def test_an_invalid_value_names_the_override_and_what_is_allowed() -> None:
    assert refusal("publish.codec=vp10") == (
        '--set publish.codec=vp10: publish.codec: found "vp10"; '
        'allowed: vp8, vp9, h264, av1, h265; did you mean "vp9"?'
    )


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("publish.codecs=h264", 'unknown key "codecs"'),
        ("publsh.codec=h264", 'unknown key "publsh"'),
        ("repeat", "an override is path=value"),
        ("=3", '"" is no path'),
        ("a..b=3", '"a..b" is no path'),
        ("expect[x]=3", '"expect[x]" is no path'),
        ("[0]=3", '"[0]" is no path'),
        ("expect[5]=fps > 3", "[5] is beyond the list; allowed: [0] to [0]"),
        ("name.first=x", 'first of something that is not a mapping: "a"'),
        ("target[0]=x", "[0] of something that is not a list: a mapping"),
        ("repeat=[1", "not valid YAML"),
        ("repeat={a: 1, a: 2}", 'duplicate key "a"'),
        ("repeat=${COUNT}", "is not read here"),
        ("session.duration=20", "a unit is needed"),
        ("client.display=true", "hands frames to no display"),
        ("source.fps=.nan", "allowed: a number from 1 to 120"),
    ],
)
def test_every_bad_override_is_refused_by_name(override: str, reason: str) -> None:
    text = refusal(override)
    assert text.startswith(f"--set {override}: ")
    assert reason in text


@pytest.mark.parametrize(
    "overrides",
    [
        ("repeat=1", "repeat=2"),
        ("publish.codec=h264", "publish={max_bitrate: 1Mbps}"),
        ("timeline[0]={at: 1s, prompt: x}", "timeline=[]"),
        ("matrix.publish.codec=[vp8]", "matrix={}"),
    ],
)
def test_an_override_that_undoes_an_earlier_one_is_refused(overrides: tuple[str, str]) -> None:
    assert refusal(*overrides).startswith(
        f"--set {overrides[1]}: this undoes --set {overrides[0]}; allowed: each path once"
    )


def test_a_whole_section_and_then_a_field_of_it_can_be_set() -> None:
    it = scenario("", "publish={max_bitrate: 1Mbps}", "publish.codec=h264")
    assert (it.publish.max_bitrate, it.publish.codec) == (1_000_000, "h264")


@pytest.mark.parametrize("path", ["publish.codec=vp9", "publish={codec: vp9}"])
def test_setting_what_the_matrix_varies_is_refused_since_it_would_do_nothing(path: str) -> None:
    text = refusal(path, more="matrix: {publish.codec: [vp8, h264]}\n")
    assert "the matrix varies publish.codec, so this would change nothing" in text


def test_a_matrix_that_is_set_after_the_field_it_varies_is_noticed_too() -> None:
    text = refusal("publish.codec=av1", "matrix.publish.codec=[vp8, h264]")
    assert text.startswith("--set publish.codec=av1: the matrix varies publish.codec")


def test_an_element_of_a_list_that_the_matrix_varies_cannot_be_set() -> None:
    more = "timeline: [{at: 1s, prompt: a}]\nmatrix: {timeline: [[], [{at: 2s, prompt: b}]]}\n"
    assert "the matrix varies timeline" in refusal("timeline[0].at=3s", more=more)


def test_the_matrix_itself_can_be_set_and_emptied() -> None:
    more = "matrix: {publish.codec: [vp8, h264]}\n"
    assert scenario(more, "matrix.publish.codec=[vp9]").matrix == {"publish.codec": ("vp9",)}
    assert scenario(more, "matrix={}").matrix == {}


def test_problems_of_the_file_come_before_those_of_overrides() -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(MINIMAL + "repeat: 0\n", "a.yaml", overrides=["seed=-1", "nothing"])
    assert [problem.file for problem in caught.value.problems] == [
        "a.yaml",
        "--set nothing",
        "--set seed=-1",
    ]


def test_a_long_override_is_shown_short() -> None:
    assert len(refusal("name=" + "x" * 10_000).partition(": ")[0]) < 100


@pytest.mark.parametrize(
    "override",
    [
        "target.api_key=sk-hidden",
        "target={kind: service, api_key: sk-hidden}",
        "target={kind: service, api_key: [sk-hidden]}",
        "matrix.target.api_key=[sk-hidden]",
        "target.api_secret.x=sk-hidden",
    ],
)
def test_a_secret_in_an_override_is_never_repeated(override: str) -> None:
    assert "sk-hidden" not in refusal(override)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("repeat", ("repeat",)),
        ("publish.codec", ("publish", "codec")),
        ("timeline[2].network.profile", ("timeline", 2, "network", "profile")),
        ("matrix.publish.codec", ("matrix", "publish.codec")),
        ("matrix", ("matrix",)),
        ("a[0][1]", ("a", 0, 1)),
    ],
)
def test_paths_are_keys_and_indices(path: str, location: tuple[str | int, ...]) -> None:
    assert parse_path(path) == location


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a[", "a[]", "a[-1]", "a]b", "[1]", "a.[1]"])
def test_anything_else_is_no_path(path: str) -> None:
    with pytest.raises(Refused):
        parse_path(path)

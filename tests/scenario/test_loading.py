"""Files and texts: whatever is given, the answer is a Scenario or a ScenarioError."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from g2gbench.errors import ExitCode
from g2gbench.scenario import Problem, ScenarioError, ServiceTarget, cells, load, loads, to_yaml
from g2gbench.scenario.document.yaml_tree import from_plain, plain
from g2gbench.scenario.loading import read_text
from g2gbench.scenario.model.field_paths import matrix_paths
from g2gbench.scenario.model.sections import Target
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.scenario.model.validation import expand_environment
from g2gbench.scenario.problems import Place
from tests.drawn import drawn
from tests.scenario.strategies import documents, steady
from tests.scenario.texts import MINIMAL, yaml_of

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
SERVICE = {
    "kind": "service",
    "url": "wss://${HOST}/v1",
    "api_key": "${KEY}",
    "model": "lucy-2.1",
}


def refusal(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert caught.value.exit_code is ExitCode.BAD_INPUT
    return str(caught.value).removeprefix(str(path))


def test_a_file_is_read_and_named_in_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(MINIMAL)
    assert load(path).name == "a"
    path.write_text(MINIMAL + "repeat: 0\n")
    assert refusal(path).startswith(":3:9: repeat: found 0")


def test_what_is_no_readable_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    binary, latin, large = tmp_path / "binary", tmp_path / "latin", tmp_path / "large"
    binary.write_bytes(b"\x89PNG\r\n\0\0")
    latin.write_bytes(b"name: a\ndescription: caf\xe9\n")
    large.write_bytes(b"#" * ((1 << 20) + 1))
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path) == ": a directory; name the file in it"
    assert refusal(tmp_path / "none") == ": no such file"
    assert refusal(tmp_path / "pipe") == ": not a regular file"
    assert refusal(binary) == ": a binary file, not YAML text"
    assert refusal(latin) == ":2:17: not UTF-8 text; save the file as UTF-8"
    assert refusal(large) == ": larger than 1 MiB"
    assert refusal(binary / "below") == ": cannot be read: Not a directory"
    assert "not a usable file name" in refusal(Path("a\0b"))
    assert refusal(tmp_path / ("x" * 300)) == ": cannot be read: File name too long"


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load(path).name == "a"


def test_a_file_of_exactly_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "full.yaml"
    path.write_bytes(MINIMAL.encode() + b"#" * ((1 << 20) - len(MINIMAL)))
    assert load(path).name == "a"


def expanded(environment: dict[str, str] | None) -> tuple[object, list[str]]:
    tree = from_plain({"target": SERVICE}, Place("f"))
    result, problems = expand_environment(tree, environment)
    return plain(result), [str(problem) for problem in problems]


def test_variables_are_put_in_where_they_are_meant_to_be() -> None:
    document, problems = expanded({"HOST": "example.test", "KEY": "sk-hidden"})
    assert problems == []
    assert document == {
        "target": {**SERVICE, "url": "wss://example.test/v1", "api_key": "sk-hidden"}
    }


def test_an_unset_variable_is_an_error_on_a_run_and_none_otherwise() -> None:
    assert expanded(None) == ({"target": SERVICE}, [])
    _, problems = expanded({"HOTS": "x"})
    assert problems == [
        'f: target.url: found "wss://${HOST}/v1"; the environment variable HOST is not set; '
        'did you mean "HOTS"?',
        "f: target.api_key: found ***; the environment variable KEY is not set",
    ]


@pytest.mark.parametrize("reference", ["${", "${}", "${1A}", "${A B}", "${A}${", "${${A}}"])
def test_a_malformed_reference_is_refused(reference: str) -> None:
    tree = from_plain({"target": {"url": reference}}, Place("f"))
    _, problems = expand_environment(tree, {"A": "x"})
    assert "a reference is ${NAME}" in str(problems[0])


def test_the_value_of_a_variable_is_not_expanded_again() -> None:
    tree = from_plain({"target": {"url": "${A}"}}, Place("f"))
    result, problems = expand_environment(tree, {"A": "${B}"})
    assert (plain(result), problems) == ({"target": {"url": "${B}"}}, [])


def test_secrets_are_in_no_text_of_a_target() -> None:
    target: object = TypeAdapter(Target).validate_python({**SERVICE, "api_key": "sk-hidden"})
    assert isinstance(target, ServiceTarget)
    assert target.api_key.get_secret_value() == "sk-hidden"
    assert document_of(target)["api_key"] == "***"
    for text in (repr(target), str(target), str(document_of(target)), target.model_dump_json()):
        assert "sk-hidden" not in text


@pytest.mark.parametrize("written", ["[sk-hidden]", "{a: sk-hidden}", "123456789", '""'])
def test_secrets_are_in_no_problem(written: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(f"name: a\ntarget: {{kind: service, model: lucy-2.1, api_key: {written}}}\n")
    (key,) = caught.value.problems
    assert (key.path, key.found) == ("target.api_key", "***")
    assert "sk-hidden" not in str(caught.value)
    assert "123456789" not in str(caught.value)


def test_the_fields_of_a_target_are_those_of_its_kind() -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(
            "name: a\ntarget: {kind: livekit, url: 'http://x', api_kye: k, api_secret: a-secret}\n"
        )
    assert [(p.path, p.nearest) for p in caught.value.problems] == [
        ("target.model", None),
        ("target.api_key", None),
        ("target.url", None),
        ("target.api_kye", "api_key"),
    ]


@drawn(10, 300, document=documents())
def test_every_drawn_document_is_valid(document: dict[str, object]) -> None:
    assert loads(yaml_of(document)).name == document["name"]


def problems_of(text: str, *overrides: str) -> tuple[Problem, ...]:
    """None of a text that is a scenario; any exception but ScenarioError fails the test."""
    try:
        scenario = loads(text, overrides=overrides)
    except ScenarioError as error:
        return error.problems or (Problem(""),)
    assert cells(scenario)  # what was loaded cannot fail later
    return ()


def scenario_or_problems(text: str, *overrides: str) -> None:
    """The one property of the fuzz tests: no other exception, and problems that say something."""
    for problem in problems_of(text, *overrides):
        assert problem.message or problem.allowed


@steady
@given(text=st.text())
def test_any_text_gives_a_scenario_or_its_problems(text: str) -> None:
    scenario_or_problems(text)


@steady
@given(text=st.text("{}[]:,-?&*!|>%@`#'\"\\ \n\tax0~<$."))
def test_any_yaml_punctuation_gives_a_scenario_or_its_problems(text: str) -> None:
    scenario_or_problems(text)


@steady
@given(data=st.binary())
def test_any_bytes_give_a_scenario_or_its_problems(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(data)
    try:
        read_text(path)
    except ScenarioError:
        return
    scenario_or_problems(path.read_text(encoding="utf-8-sig"))


@steady
@given(path=st.sampled_from(BAD), at=st.integers(0, 200), text=st.text(max_size=4))
def test_any_edit_of_a_real_file_gives_a_scenario_or_its_problems(
    path: Path, at: int, text: str
) -> None:
    original = path.read_text(encoding="utf-8")
    scenario_or_problems(original[:at] + text + original[at + 1 :])


@drawn(25, 500, override=st.text(max_size=30))
def test_any_override_gives_a_scenario_or_its_problems(override: str) -> None:
    scenario_or_problems(MINIMAL, override)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(("1s", "2Mbps", "1%", "vp8", "wifi", "natural", "640x360", "v1")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *(f"publish.{key}" for key in ("codec", "max_bitrate", "max_framerate", "simulcast")),
        *(f"network.uplink.{key}" for key in ("delay", "capacity", "loss", "queue")),
        *(f"session.{key}" for key in ("warmup", "duration", "playout_delay", "prompt")),
        *("network", "network.profile", "source", "source.size", "source.fps", "source.kind"),
        *("target", "target.model", "target.processing.mean", "target.room", "timeline[0]"),
        *("matrix", "matrix.publish.codec", "expect", "expect[0]", "repeat", "seed", "name"),
        *("session.playout_delay.min", "timeline[0].at", "timeline[0].network", "client"),
    ]
)


@drawn(
    20,
    500,
    section=st.sampled_from(("publish", "network", "session", "timeline", "target", "source")),
    value=VALUES,
    path=st.sampled_from(matrix_paths()),
    values=st.lists(VALUES, max_size=3),
)
def test_any_matrix_over_any_base_gives_a_scenario_or_its_problems(
    section: str, value: object, path: str, values: list[object]
) -> None:
    document = {"name": "a", "target": {"kind": "loopback", "model": "lucy-2.1"}, section: value}
    scenario_or_problems(yaml_of(document | {"matrix": {path: values}}))


@drawn(25, 500, fields=st.dictionaries(FIELDS, VALUES, max_size=4))
def test_any_value_of_any_field_gives_a_scenario_or_its_problems(
    fields: dict[str, object],
) -> None:
    document: dict[str, object] = {"name": "a", "target": {"kind": "loopback", "model": "lucy-2.1"}}
    for path, value in fields.items():
        node: dict[str, object] = document
        *above, last = path.replace("[0]", "").split(".")
        for key in above:
            inner = node.get(key)
            node[key] = inner if isinstance(inner, dict) else {}
            node = node[key]  # type: ignore[assignment]  # a dictionary by the line above
        node[last] = [value] if "[0]" in path else value
    scenario_or_problems(yaml_of(document))


def test_a_written_scenario_is_utf_8_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    it = loads(MINIMAL + "session: {prompt: 桜の街 🌸}\n")
    path.write_text(to_yaml(it), encoding="utf-8")
    assert load(path) == it


def test_a_file_that_cannot_be_read_hides_no_other_problem(tmp_path: Path) -> None:
    text = (
        "name: a\ntarget: {kind: loopback, model: lucy-2.1}\n"
        "network: {uplink: {trace: no.csv}}\nsource: {kind: file, path: no.mp4}\n"
        "publish: {codec: vp10}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        loads(text, directory=tmp_path)
    assert [problem.path for problem in caught.value.problems] == [
        "network.uplink.trace",
        "source.path",
        "publish.codec",
    ]


def test_what_stands_in_a_videos_place_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    text = "name: a\ntarget: {kind: loopback, model: lucy-2.1}\nsource: {kind: file, path: %s}\n"
    for name, reason in (("pipe.mp4", "not a regular file"), ("folder.mp4", "a directory")):
        with pytest.raises(ScenarioError, match=reason):
            loads(text % name, directory=tmp_path)


BESIDE = (
    "name: a\ntarget: {kind: loopback, model: lucy-2.1}\n"
    "session: {warmup: 1s, duration: 4s, playout_delay: {min: 20ms, max: 10ms}}\n"
    "timeline: [{at: 9s, prompt: late}]\n"
)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            "publish: {codec: vp10}",
            ["session.playout_delay.max", "timeline[0].at", "publish.codec"],
        ),
        ("expect: [nothing < 1]", ["session.playout_delay.max", "timeline[0].at", "expect[0]"]),
        ("network: {profil: lte}", ["session.playout_delay.max", "network.profil"]),
        ("profils: {}", ["profils"]),
    ],
)
def test_contradictions_are_told_beside_a_field_that_is_wrong(more: str, told: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(f"{BESIDE}{more}\n")
    assert [problem.path for problem in caught.value.problems] == told


def test_contradictions_of_a_section_that_is_wrong_are_not_guessed() -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(BESIDE.replace("duration: 4s", "duraton: 40s"))
    assert [problem.path for problem in caught.value.problems] == ["session.duraton"]
    with pytest.raises(ScenarioError) as caught:
        loads(BESIDE.replace("name: a", "name: 1"))
    assert "timeline[0].at" in [problem.path for problem in caught.value.problems]

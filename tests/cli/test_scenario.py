"""``g2gbench scenario``: what each command prints, and that bad input leaves as InputError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from g2gbench.cli.scenario import scenario_group
from g2gbench.errors import InputError
from g2gbench.scenario import ScenarioError, json_schema, load, loads

ROOT = Path(__file__).parents[2]
WIFI = str(ROOT / "scenarios" / "wifi.yaml")
CODECS = str(ROOT / "scenarios" / "codecs.yaml")
SHIPPED = [
    "blackout",
    "clean-360p",
    "clients-table",
    "clients",
    "codec-ladder",
    "codecs",
    "display",
    "line",
    "livekit-server",
    "profiles",
    "wifi",
]
BAD = str(ROOT / "tests" / "scenario" / "bad" / "codec-misspelt.yaml")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(scenario_group, arguments)


def output(*arguments: str) -> str:
    result = invoke(*arguments)
    assert result.exception is None, result.exception
    assert result.stderr == ""
    return result.stdout


def error(*arguments: str) -> tuple[InputError, str]:
    """The error that the command leaves with, and what it printed on stdout before."""
    result = invoke(*arguments)
    assert isinstance(result.exception, InputError)
    return result.exception, result.stdout


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize(
    "command", [(), ("validate",), ("schema",), ("list",), ("show",), ("copy",)]
)
def test_help_has_an_example(command: tuple[str, ...], option: str) -> None:
    text = output(*command, option)
    assert "Example:" in text
    assert "g2gbench scenario" in text


def test_the_group_help_names_the_units() -> None:
    text = output("-h")
    for unit in ("us ms s min", "bps kbps Mbps Gbps", "%", "packets", "kB"):
        assert unit in text


def test_validate_says_how_much_each_file_is() -> None:
    assert output("validate", WIFI, CODECS) == (
        f"{WIFI}: valid, 1 cell, about 35 s\n{CODECS}: valid, 2 cells, about 46 s\n"
    )


def test_validate_tells_the_problems_of_all_files_and_still_the_valid_ones() -> None:
    exception, stdout = error("validate", BAD, WIFI, "missing.yaml")
    assert isinstance(exception, ScenarioError)
    assert [problem.file for problem in exception.problems] == [BAD, "missing.yaml"]
    assert stdout == f"{WIFI}: valid, 1 cell, about 35 s\n"


def test_validate_json_is_one_object_also_when_a_file_is_bad() -> None:
    _, stdout = error("validate", "--json", WIFI, BAD)
    document = json.loads(stdout)
    assert (document["schema"], document["valid"]) == (1, False)
    wifi, bad = document["files"]
    assert (wifi["valid"], wifi["name"], wifi["cells"]) == (True, "wifi", ["default"])
    assert wifi["estimated_s"] == 35.0
    assert (bad["valid"], bad["file"]) == (False, BAD)
    assert bad["problems"] == [
        {
            "file": BAD,
            "line": 3,
            "column": 18,
            "path": "publish.codec",
            "found": '"vp10"',
            "allowed": ["vp8", "vp9", "h264", "av1", "h265"],
            "message": "",
            "nearest": "vp9",
        }
    ]


def test_validate_needs_no_variable_of_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(
        "name: a\ntarget: {kind: service, url: 'wss://x', model: lucy-2.1, api_key: '${UNSET_1}'}\n"
    )
    assert "UNSET_1" not in output("validate", str(path))


def test_schema_prints_the_json_schema() -> None:
    assert json.loads(output("schema")) == json_schema()


def test_list_shows_name_cells_time_and_description() -> None:
    lines = output("list", str(ROOT / "scenarios")).splitlines()
    assert [line.split()[0] for line in lines] == SHIPPED
    assert lines[SHIPPED.index("codecs")].split(maxsplit=1)[1] == (
        "2 cells, about 46 s       VP8 against H.264 on the same picture"
    )


def test_list_json_has_a_row_a_file() -> None:
    document = json.loads(output("list", "--json", str(ROOT / "scenarios")))
    names = [row["name"] for row in document["scenarios"]]
    assert names == SHIPPED


def test_list_without_a_directory_has_those_of_the_folder_then_the_built_in_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = output("list").splitlines()
    assert [line.split()[0] for line in lines] == SHIPPED
    assert all("built in" in line for line in lines)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "own.yaml").write_text(Path(WIFI).read_text())
    own, *others = output("list").splitlines()
    assert "built in" not in own
    assert others == lines
    rows = json.loads(output("list", "--json"))["scenarios"]
    assert [row["built_in"] for row in rows] == [False] + [True] * len(SHIPPED)
    assert rows[0]["file"] == str(Path("scenarios", "own.yaml"))


def test_a_name_stands_for_a_built_in_scenario(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = output("show", WIFI)
    network = output("show", "--network", WIFI)
    monkeypatch.chdir(tmp_path)
    assert output("show", "wifi") == shown
    assert output("validate", "wifi").startswith("wifi: valid")
    assert output("show", "--network", "line").startswith("line")
    assert output("show", "--network", "wifi") != network  # the profile keeps its name
    exception, _ = error("validate", "wfi", "codec")
    assert isinstance(exception, ScenarioError)
    assert [problem.file for problem in exception.problems] == ["wfi", "codec"]
    assert 'did you mean "wifi"?' in str(exception)


@pytest.mark.parametrize(
    ("arguments", "written"),
    [((), "wifi.yaml"), (("mine.yaml",), "mine.yaml"), (("folder",), "folder/wifi.yaml")],
)
def test_copy_writes_one_to_edit_and_never_overwrites(
    arguments: tuple[str, ...], written: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert output("copy", "wifi", *arguments) == f"{written}\n"
    copied = tmp_path / written
    assert copied.read_text().startswith("# yaml-language-server: $schema=")
    assert load(copied) == load(Path(WIFI))
    copied.write_text("mine")
    exception, _ = error("copy", "wifi", *arguments)
    assert "is there already" in str(exception)
    assert copied.read_text() == "mine"


def test_copy_says_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert "scenario list" in str(error("copy", "nope")[0])
    assert "cannot be written" in str(error("copy", "wifi", "no/such/folder.yaml")[0])


def test_a_shell_completes_names_and_files() -> None:
    (argument, *_) = scenario_group.commands["show"].params
    completed = argument.shell_complete(click.Context(scenario_group), "wi")
    assert [(item.value, item.type) for item in completed] == [("wifi", "plain"), ("wi", "file")]
    (argument, *_) = scenario_group.commands["copy"].params
    completed = argument.shell_complete(click.Context(scenario_group), "codec")
    assert [item.value for item in completed] == ["codec-ladder", "codecs"]


def test_list_shows_the_valid_ones_and_leaves_with_the_problems_of_the_others(
    tmp_path: Path,
) -> None:
    (tmp_path / "good.yml").write_text(Path(WIFI).read_text())
    (tmp_path / "bad.yaml").write_text("name: [")
    (tmp_path / "notes.txt").write_text("not a scenario")
    exception, stdout = error("list", str(tmp_path))
    assert str(exception).startswith(str(tmp_path / "bad.yaml"))
    assert stdout.startswith("wifi  1 cell")


def test_list_of_an_empty_directory_is_empty(tmp_path: Path) -> None:
    assert output("list", str(tmp_path)) == ""


def test_list_of_no_directory_is_refused() -> None:
    exception, _ = error("list", "nowhere")
    assert "no such directory" in str(exception)


def test_show_prints_a_scenario_that_means_the_same() -> None:
    assert loads(output("show", WIFI)) == load(Path(WIFI))


def test_show_json_is_the_resolved_document() -> None:
    document: dict[str, Any] = json.loads(output("show", "--json", WIFI))
    assert document["source"]["size"] == "1088x624"
    assert loads(json.dumps(document)) == load(Path(WIFI))


def test_show_applies_overrides() -> None:
    text = output("show", WIFI, "--set", "publish.codec=h264", "--set", "session.duration=1min")
    shown = loads(text)
    assert (shown.publish.codec, shown.session.duration) == ("h264", 60.0)


def test_show_names_a_bad_override() -> None:
    exception, stdout = error("show", WIFI, "--set", "publish.codec=vp10")
    assert str(exception).startswith("--set publish.codec=vp10: publish.codec: found")
    assert stdout == ""


@pytest.mark.parametrize(
    ("repeat", "text"),
    [(2, "about 70 s"), (4, "about 2 min"), (100, "about 58 min"), (1000, "about 9 h 43 min")],
)
def test_estimates_read_in_the_unit_of_their_size(tmp_path: Path, repeat: int, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(Path(WIFI).read_text().replace("repeat: 1", f"repeat: {repeat}"))
    assert text in output("validate", str(path))

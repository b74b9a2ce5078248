"""``g2gbench scenario``: what each command prints, and that bad input leaves as InputError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
@pytest.mark.parametrize("command", [(), ("validate",), ("schema",), ("list",), ("show",)])
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


def test_list_reads_the_scenarios_directory_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert output("list") == output("list", "scenarios")


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

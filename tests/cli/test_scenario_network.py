"""``g2gbench scenario show --network``: text, JSON and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from g2gbench.cli.scenario import scenario_group
from g2gbench.errors import InputError
from g2gbench.scenario import PROFILES, ScenarioError

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
BLACKOUT = str(SCENARIOS / "blackout.yaml")
STAIRS = str(SCENARIOS / "traces" / "stairs.csv")
DRIVE = str(SCENARIOS / "traces" / "lte-drive.up")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(scenario_group, ["show", "--network", *arguments])


def output(*arguments: str) -> str:
    result = invoke(*arguments)
    assert result.exception is None, result.exception
    assert result.stderr == ""
    return result.stdout


def refusal(*arguments: str) -> str:
    result = invoke(*arguments)
    assert isinstance(result.exception, InputError)
    return str(result.exception)


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output(*arguments, "--json"))
    assert found["schema"] == 1
    return found


@pytest.mark.parametrize("name", [*PROFILES, BLACKOUT, STAIRS, DRIVE])
def test_every_drawing_fits_into_80_columns(name: str) -> None:
    lines = output(name).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == (name if name != BLACKOUT else "blackout")


def test_what_does_not_change_is_a_line_and_what_does_a_panel() -> None:
    text = output(BLACKOUT)
    uplink = text.partition("\nuplink\n")[2].partition("\ndownlink\n")[0].splitlines()
    capacity, _, zero, delay, loss, *_ = uplink
    assert delay.split() == ["delay", "12ms"]
    assert capacity.split("│")[0].split() == ["capacity", "10Mbps"]
    assert loss.split("│")[0].split() == ["loss", "100%"]
    # 10 of 30 s, then 3 s without anything, on 59 columns.
    cells = zero.split("│")[1]
    assert cells == "█" * 19 + " " * 7 + "█" * 33
    assert loss.split("│")[1] == " " * 19 + "█" * 7


def test_phases_are_listed_with_what_holds_in_them() -> None:
    text = output(BLACKOUT)
    assert "     10s  blackout\n" in text
    assert "     13s  back to wifi\n" in text
    assert "uplink: delay 12ms, capacity 10Mbps, loss 0.1%, queue 200ms, blackout" in text


def test_a_profile_tells_its_source() -> None:
    text = " ".join(output("dsl").split())
    assert f"source: {PROFILES['dsl'].source}" in text
    assert "capacity 384kbps" in text


def test_without_effect_says_unlimited() -> None:
    assert "  capacity  unlimited\n  delay     0s\n  loss      0%\n" in output("none")


def test_the_highest_value_fills_its_panel_and_steps_are_in_proportion() -> None:
    rows = [line.split("│")[1] for line in output(STAIRS).splitlines() if "│" in line][:3]
    columns = ["".join(row.ljust(59)[index] for row in rows) for index in (0, 15, 28, 40, 58)]
    assert columns == ["███", " ▄█", "  ▆", "  ▃", "███"]  # 4, 2, 1, 0.5, 4 Mbps on 24 eighths


def test_json_has_the_series_of_both_directions() -> None:
    (network,) = document(BLACKOUT)["networks"]
    assert [phase["start_s"] for phase in network["phases"]] == [0, 10, 13]
    assert len(network["series"]["uplink"]) == 300
    assert network["series"]["uplink"][100]["capacity_bps"] == 0


def test_without_a_name_all_profiles_are_listed() -> None:
    text = output()
    assert [line.split()[0] for line in text.splitlines() if line[0] != " "] == list(PROFILES)
    assert max(map(len, text.splitlines())) <= 80
    rows = document()["profiles"]
    assert [row["name"] for row in rows] == list(PROFILES)
    assert rows[2]["uplink"]["delay"] == "12ms"


def test_cells_whose_networks_differ_are_drawn_each_and_others_once() -> None:
    names = [n["name"] for n in document(str(SCENARIOS / "profiles.yaml"))["networks"]]
    assert len(names) == 16
    assert names[2] == "profiles: network.profile=wifi"
    assert len(document(str(SCENARIOS / "codecs.yaml"))["networks"]) == 1


def test_set_is_applied_before_drawing() -> None:
    (network,) = document(BLACKOUT, "--set", "network.profile=lte")["networks"]
    assert network["phases"][2]["label"] == "back to lte"


@pytest.mark.parametrize(
    "name",
    [
        BLACKOUT,
        STAIRS,
        pytest.param("lte-driving", marks=pytest.mark.nightly),
        pytest.param("none", marks=pytest.mark.nightly),
    ],
)
def test_a_picture_is_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert output(name, "--output", str(path)) == ""
    assert path.read_bytes().startswith(b"\x89PNG\r\n")


def test_a_picture_of_a_timeline_with_many_changes_and_long_names_is_written(
    tmp_path: Path,
) -> None:
    scenario, path = tmp_path / "a.yaml", tmp_path / "a.png"
    for entry in ("every: 1s, for: 500ms,", ""):
        scenario.write_text(
            "name: a\ntarget: {kind: loopback, model: lucy-2.1}\n"
            f"timeline: [{{at: 1s, {entry} network: {{uplink: {{loss: 5%, delay: 123ms}}}}}}]\n"
        )
        assert output(str(scenario), "--output", str(path)) == ""
        assert path.stat().st_size > 10_000


def test_a_picture_and_json_can_be_had_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert document("wifi", "--output", str(path))["networks"][0]["name"] == "wifi"
    assert path.is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("wify",), "neither a file nor a profile; the profiles are none, ethernet"),
        (("wify",), 'did you mean "wifi"?'),
        (("zzzzzzzz",), "satellite-geo, hotel, lossy, bufferbloat, blackout"),
        (("wifi", "--set", "repeat=2"), "--set: wifi is no scenario file"),
        (("--output", "a.png"), "name a scenario file, a trace or a profile to draw"),
        (("--set", "repeat=2"), "name a scenario file, a trace or a profile to draw"),
        (("wifi", "--output", "a.svg"), "a.svg: the picture is a PNG"),
        (("wifi", "--output", "nowhere/a.png"), "nowhere/a.png: cannot be written: No such"),
        (
            (str(SCENARIOS / "profiles.yaml"), "--output", "a.png"),
            "the cells of this scenario have 16 networks",
        ),
        ((str(SCENARIOS),), "a directory; name the file in it"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(*arguments)


def test_a_bad_trace_is_told_with_its_line() -> None:
    bad = str(ROOT / "tests" / "scenario" / "bad" / "traces" / "backwards.mahi")
    result = invoke(bad)
    assert isinstance(result.exception, ScenarioError)
    assert str(result.exception).startswith(f"{bad}:3:1: ")


def test_output_without_network_and_show_without_a_file_are_refused() -> None:
    for arguments in (["show", BLACKOUT, "--output", "a.png"], ["show"]):
        result = CliRunner().invoke(scenario_group, arguments)
        assert isinstance(result.exception, InputError)
        assert "--network" in str(result.exception)

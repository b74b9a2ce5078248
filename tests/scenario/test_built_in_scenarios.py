"""Scenarios by name: found in any folder, told apart from files, and copied to be edited."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from g2gbench.scenario import ScenarioError, load
from g2gbench.scenario.built_in_scenarios import built_in, find, folder, is_name, named, to_edit

ROOT = Path(__file__).parents[2]


def test_the_built_in_ones_are_those_of_the_source_tree() -> None:
    assert folder() == ROOT / "scenarios"
    assert set(built_in()) == {path.stem for path in folder().glob("*.yaml")}


@pytest.mark.parametrize("name", built_in())
def test_each_loads_with_the_files_that_it_names_from_any_folder(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(find(name)).name == name


@pytest.mark.parametrize("argument", ["wifi.yaml", "./wifi", "scenarios/wifi", "/wifi", "a" * 999])
def test_what_has_a_separator_or_a_suffix_or_is_a_file_is_no_name(
    argument: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_name(argument)
    assert find(argument) == Path(argument)
    assert is_name("wifi")
    (tmp_path / "wifi").write_text("a file of the user's")
    assert find("wifi") == Path("wifi")


def test_an_unknown_name_tells_the_nearest_and_how_to_list_them() -> None:
    with pytest.raises(ScenarioError, match=r"scenario list.*did you mean \"wifi\""):
        find("wfi")


def test_a_copy_names_a_schema_that_is_there(tmp_path: Path) -> None:
    first, _, rest = to_edit("wifi", tmp_path).partition("\n")
    assert rest == named("wifi").read_text().partition("\n")[2]
    assert Path(first.partition("$schema=")[2]).is_file()
    (tmp_path / "scenario.schema.json").write_text("{}")
    assert to_edit("wifi", tmp_path) == named("wifi").read_text()


@pytest.mark.slow
def test_a_wheel_has_them_inside_and_an_installed_package_finds_them(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(installed)
    code = (
        "from g2gbench.scenario.built_in_scenarios import *; from g2gbench.scenario import load;"
        "print(folder(), *[load(path).name for path in built_in().values()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, *names = done.stdout.split()
    assert place == str(installed / "g2gbench" / "scenario" / "shipped")
    assert names == list(built_in())


def test_the_wheel_takes_them_from_their_one_place() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        build = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["force-include"] == {"scenarios": "g2gbench/scenario/shipped"}

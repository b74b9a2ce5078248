"""The architecture page names modules that exist, and the import contract that is enforced."""

from __future__ import annotations

import configparser
import importlib
import re
from pathlib import Path
from typing import get_args

import pytest

import g2gbench
from g2gbench.measure import records
from tests.docs.documents import ROOT, code_words, fences, read, rows, section

PAGE = read("docs/architecture.md")
NAMES = sorted({w for w in code_words(PAGE) if w.startswith("g2gbench.")})
PACKAGE = Path(g2gbench.__file__).parent


def contract(name: str, key: str) -> list[str]:
    """A list of .importlinter, without the name of the package before every entry."""
    parser = configparser.ConfigParser()
    parser.read_string(read(".importlinter"))
    listed = parser[f"importlinter:contract:{name}"][key]
    return [line.replace("g2gbench.", "") for line in listed.split("\n") if line]


def resolve(name: str) -> object:
    """The module, or the attribute of a module, of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def test_it_names_many_modules() -> None:
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_what_it_names_exists(name: str) -> None:
    assert resolve(name) is not None


def test_a_name_that_does_not_exist_would_be_found() -> None:
    with pytest.raises(AttributeError):
        resolve("g2gbench.measure.utils")


def test_every_room_of_the_house_has_its_sentence() -> None:
    listed = {cells[0].strip("`") for cells in rows(PAGE, "| Package | What happens in it |")}
    packages = {f"g2gbench.{p.parent.name}" for p in PACKAGE.glob("*/__init__.py")}
    modules = {f"g2gbench.{p.stem}" for p in PACKAGE.glob("*.py") if not p.stem.startswith("_")}
    assert listed == packages | modules


def test_the_layers_are_those_of_the_import_contract() -> None:
    (listed,) = fences(PAGE, "layers")
    assert listed.splitlines() == contract("layers", "layers")


def test_the_pure_modules_are_those_of_the_import_contract() -> None:
    (listed,) = fences(PAGE, "pure")
    assert listed.splitlines() == contract("pure", "source_modules")


def test_the_way_of_a_frame_has_ten_steps_each_with_a_module() -> None:
    steps = re.split(r"^(\d+)\. ", section(PAGE, "The way of one frame"), flags=re.MULTILINE)
    assert steps[1::2] == [str(number) for number in range(1, 11)]
    for step in steps[2::2]:
        assert "`g2gbench." in step or "link" in step


def test_every_kind_of_record_is_explained() -> None:
    table = rows(section(PAGE, "The journal is the seam"), "| Record | Says |")
    named = [cells[0].strip("`") for cells in table]
    assert named == [kind.__name__ for kind in get_args(records.Record)]


def test_the_processes_are_modules_that_can_be_started() -> None:
    diagram, *_ = fences(section(PAGE, "The processes of one trial"), "")
    for name in re.findall(r"g2gbench\.[\w.]+", diagram):
        path = ROOT / f"{name.replace('.', '/')}.py"
        assert path.is_file(), name
        started = '__name__ == "__main__"' in path.read_text(encoding="utf-8")
        assert started or name == "g2gbench.trial.runner"

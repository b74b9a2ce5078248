"""Videos and images by what is in them: replaced they are others, moved they are the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from g2gbench.analysis.comparability import Conditions, differences, fingerprint
from g2gbench.errors import InputError
from g2gbench.scenario import load, resolved, yaml_of
from g2gbench.store.named_files import checksums, identified, scenario_of_run, with_paths
from g2gbench.store.origin import Origin, scenario_of

TEXT = """\
name: clip
target: {kind: loopback, model: lucy-2.1}
source: {kind: file, path: c.mp4, size: 640x360, fps: 30}
session: {image: hat.png}
timeline: [{at: 1s, image: hat.png}]
"""


def _folder(root: Path, video: bytes = b"video", name: str = "c.mp4") -> Path:
    root.mkdir()
    (root / name).write_bytes(video)
    (root / "hat.png").write_bytes(b"hat")
    (root / "clip.yaml").write_text(TEXT.replace("c.mp4", name))
    return root / "clip.yaml"


def _facts(path: Path) -> dict[str, object]:
    document = resolved(load(path))
    return {"scenario": document, "files": checksums(document)}


def _differ(one: dict[str, object], other: dict[str, object]) -> list[str]:
    sides = [Conditions(scenario_of_run(facts), {}, "1") for facts in (one, other)]
    assert (fingerprint(sides[0].scenario) == fingerprint(sides[1].scenario)) == (
        not differences(*sides)
    )
    return [one.name for one in differences(*sides)]


def test_a_file_at_another_place_is_the_same_and_a_replaced_one_is_not(tmp_path: Path) -> None:
    here = _facts(_folder(tmp_path / "a"))
    assert _differ(here, _facts(_folder(tmp_path / "b", name="other.mp4"))) == []
    assert _differ(here, _facts(_folder(tmp_path / "c", b"another"))) == ["source.path"]
    (tmp_path / "a" / "hat.png").write_bytes(b"another hat")
    changed = _differ(here, _facts(tmp_path / "a" / "clip.yaml"))
    assert changed == ["session.image", "timeline"]


def test_files_of_a_matrix_are_known_too() -> None:
    document = {"matrix": {"source.path": ["a.mp4", "b.mp4"]}, "name": "a.mp4"}
    found = identified(document, {"a.mp4": "1"})
    assert found == {"matrix": {"source.path": ["sha256 1", "b.mp4"]}, "name": "a.mp4"}


def test_what_cannot_be_read_has_no_checksum(tmp_path: Path) -> None:
    assert checksums({"source": {"path": str(tmp_path)}}) == {}


def test_paths_hold_in_every_folder_and_are_shown_from_the_scenarios_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _folder(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    scenario = load(Path("a", "clip.yaml"))
    assert scenario.source.path == str(path.parent / "c.mp4")
    shown = with_paths(resolved(scenario), lambda name: os.path.relpath(name, path.parent))
    assert shown["source"]["path"] == "c.mp4"
    (path.parent / "shown.yaml").write_text(yaml_of(shown))
    assert load(path.parent / "shown.yaml") == scenario


def test_a_run_that_goes_on_finds_its_files_from_another_directory_and_refuses_changed_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _folder(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    origin = Origin(path.read_text(), str(Path("a", "clip.yaml")))
    facts = {**origin.as_plain(), **_facts(path), "scenario_folder": "../a"}
    (tmp_path / "run").mkdir()
    monkeypatch.chdir("/")
    assert scenario_of(facts, {}, run_dir=tmp_path / "run") == load(path)
    (path.parent / "c.mp4").write_bytes(b"replaced")
    with pytest.raises(InputError, match=r"c\.mp4 is not the file that was measured"):
        scenario_of(facts, {}, run_dir=tmp_path / "run")

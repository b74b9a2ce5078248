from __future__ import annotations

import errno
from pathlib import Path

import platformdirs
import pytest

from g2gbench.errors import InputError
from g2gbench.store import files
from g2gbench.store.files import directory_name, write_atomically, write_json, write_text


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text(encoding="utf-8") == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(beside: Path) -> None:
        beside.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_never_holds_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", {"value": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["wifi", "publish.codec=vp8,publish.max_bitrate=2Mbps"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert directory_name(name) == name


@pytest.mark.parametrize("name", ["a/b", "..", "", "a b", "é", "x" * 300, ".", "../../etc"])
def test_any_other_name_becomes_one_that_stays_in_its_directory(name: str) -> None:
    found = directory_name(name)
    assert "/" not in found
    assert found not in ("", ".", "..")
    assert len(found) < 150


def test_two_names_never_share_a_directory() -> None:
    names = ["a b", "a_b", "a/b", "a:b", "é", "è"]
    assert len({directory_name(name) for name in names}) == len(names)


@pytest.mark.parametrize("place", ["file", "file/below", "none"])
def test_a_place_that_takes_nothing_is_refused_before_anything_is_measured(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    if place == "none":
        monkeypatch.setattr(Path, "touch", _refuses)
    with pytest.raises(InputError, match=r"nothing can be written there.*--out"):
        files.writable(tmp_path / place, "--out")


def _refuses(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


def test_a_place_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    files.writable(tmp_path / "a" / "b", "--out")
    files.writable(tmp_path, "--out")
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home_has_a_folder_that_is_no_part_of_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: "~/.local/share/g2gbench")
    assert files.user_folder().is_absolute()

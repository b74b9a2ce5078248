from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil
import pytest

from g2gbench.process.temporary import make_folder, remove_left, temporary_folder

GONE = 4_000_001  # larger than any process id


def test_folders_of_processes_that_are_gone_are_removed(tmp_path: Path) -> None:
    for name in (
        f"g2gbench-chromium-{GONE}-x",
        f"g2gbench-live-{GONE}-x",
        f"g2gbench-chromium-{os.getpid()}-x",
    ):
        (tmp_path / name / "profile").mkdir(parents=True)
    for other in ("g2gbench-chromium-abc", "chromium-1-x", f"g2gbench-live-{GONE}"):
        (tmp_path / other).mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"g2gbench-chromium-{GONE}-link").symlink_to(tmp_path / "elsewhere")
    assert not psutil.pid_exists(GONE)
    remove_left(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [
            f"g2gbench-chromium-{os.getpid()}-x",
            f"g2gbench-chromium-{GONE}-link",
            "g2gbench-chromium-abc",
            "chromium-1-x",
            f"g2gbench-live-{GONE}",
            "elsewhere",
        ]
    )


def test_another_users_folder_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"g2gbench-chromium-{GONE}-x").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_left(tmp_path)
    assert list(tmp_path.iterdir())


def test_a_folder_is_there_for_as_long_as_its_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"g2gbench-grade-{GONE}-x").mkdir()
    with temporary_folder("grade") as folder:
        assert list(tmp_path.iterdir()) == [folder]
        (folder / "kept").write_text("")
    assert list(tmp_path.iterdir()) == []
    assert make_folder("live").parent == tmp_path

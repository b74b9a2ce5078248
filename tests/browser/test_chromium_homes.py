from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from g2gbench.browser.chromium import remove_left_homes

GONE = 4_000_001  # larger than any process id


def test_homes_of_browsers_whose_starters_are_gone_are_removed(tmp_path: Path) -> None:
    for name in (f"g2gbench-chromium-{GONE}-x", f"g2gbench-chromium-{os.getpid()}-x"):
        (tmp_path / name / "profile").mkdir(parents=True)
    for other in ("g2gbench-chromium-abc", "chromium-1-x", f"g2gbench-live-{GONE}"):
        (tmp_path / other).mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"g2gbench-chromium-{GONE}-link").symlink_to(tmp_path / "elsewhere")
    assert not psutil.pid_exists(GONE)
    remove_left_homes(tmp_path)
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


def test_another_users_home_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"g2gbench-chromium-{GONE}-x").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_left_homes(tmp_path)
    assert list(tmp_path.iterdir())

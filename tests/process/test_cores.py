"""The cores that a process may use: pinned, and with a quota of either version of cgroups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from g2gbench.process.cores import cores


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("", {}, 4),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 4),
        ("0::/job\n", {"job/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/job/step\n", {"job/cpu.max": "50000 100000\n", "job/step/cpu.max": "max 1\n"}, 0.5),
        ("0::/job\n", {"job/cpu.max": "900000 100000\n"}, 4),
        ("0::/job\n", {"job/cpu.max": "rubbish\n"}, 4),
        (
            "5:cpu,cpuacct:/job\n4:memory:/job\n",
            {"cpu/job/cpu.cfs_quota_us": "200000\n", "cpu/job/cpu.cfs_period_us": "100000\n"},
            2,
        ),
        (
            "5:cpu:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            4,
        ),
    ],
)
def test_a_quota_is_what_the_machine_has(
    tmp_path: Path, own: str, files: dict[str, str], expected: float
) -> None:
    _write(tmp_path / "own", own)
    for name, text in files.items():
        _write(tmp_path / "groups" / name, text)
    assert cores(tmp_path / "groups", tmp_path / "own") == expected


def test_a_process_has_the_cores_that_it_is_pinned_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert cores(tmp_path, tmp_path / "no such file") == 1


def test_where_nothing_can_be_pinned_the_machine_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores(tmp_path, tmp_path / "no such file") == 6

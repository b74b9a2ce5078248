"""Of every package that is needed, the lowest version that pyproject.toml allows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_session_runs_with_the_lowest_versions_that_are_allowed(tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    python = tmp_path / "venv" / "bin" / "python"
    versions = ["--resolution", "lowest-direct", f"{ROOT}[reports]"]
    for command in (
        [*uv, "venv", "-q", "-p", sys.executable, str(tmp_path / "venv")],
        [*uv, "pip", "install", "-q", "-p", str(python), *versions],
        [str(python), "-m", "g2gbench", "run", "clean-360p", "--set", "session.duration=3s"],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

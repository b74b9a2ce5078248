"""What CONTRIBUTING.md says is what the one check does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.docs.documents import ROOT, fences, read, rows

PAGE = read("CONTRIBUTING.md")


@pytest.mark.integration
def test_every_step_of_the_check_is_explained() -> None:
    command = [sys.executable, "-m", "nox", "--list", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    everyday = [s["name"] for s in json.loads(listed.stdout) if "everyday" in s["tags"]]
    assert [cells[0].strip("`") for cells in rows(PAGE, "| Step | Holds |")] == everyday


def test_the_set_up_is_that_of_the_readme() -> None:
    set_up = next(iter(fences(PAGE, "bash"))).strip()
    assert set_up in read("README.md").splitlines()
    assert set_up.count("\n") == 0

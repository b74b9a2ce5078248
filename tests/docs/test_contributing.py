"""What contributors are told is what the one check does."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from tests.docs.documents import ROOT, fences, read, rows

PAGE = read("CONTRIBUTING.md")


def check() -> ModuleType:
    """The module .ci/check.py."""
    spec = importlib.util.spec_from_file_location("check", ROOT / ".ci" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_step_of_the_check_is_explained() -> None:
    told = [cells[0].strip("`") for cells in rows(PAGE, "| Step | Holds |")]
    assert told == [name for name, _ in check().steps(slow=False)]


def test_slow_tests_run_when_asked_for() -> None:
    everyday, slow = (dict(check().steps(slow))["tests"] for slow in (False, True))
    assert "not slow" in everyday
    assert "not slow" not in slow
    assert "`.ci/check.py --slow`" in PAGE


def test_the_set_up_is_that_of_the_readme() -> None:
    set_up = next(iter(fences(PAGE, "bash"))).strip()
    assert set_up in read("README.md").splitlines()
    assert set_up.count("\n") == 0

"""Who has the machine when: sessions alone, others together, nobody starved."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

HOLDER = """\
import sys
from pathlib import Path
from tests.machine import held
alone, folder = sys.argv[1] == "alone", Path(sys.argv[2])
print("asks", flush=True)
with held(alone=alone, folder=folder):
    print("has", flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""
ROOT = Path(__file__).parents[1]


class Holder:
    """A process that asks for the machine and keeps it until it is asked to leave."""

    def __init__(self, how: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, how, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.said() == "asks"

    def said(self) -> str:
        """The next line that it says; waits for it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Have it give the machine up; returns once it has."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.said() == "left"

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def holders(tmp_path: Path) -> Iterator[list[Holder]]:
    """Those that a test started; they end with it."""
    started: list[Holder] = []
    yield started
    for holder in started:
        holder.end()


def _ask(holders: list[Holder], how: str, folder: Path) -> Holder:
    holders.append(Holder(how, folder))
    return holders[-1]


def _waits(holder: Holder) -> None:
    """Return once the kernel lists this process among those that wait for a lock."""
    pid = str(holder.process.pid)
    while not any("->" in line and pid in line.split() for line in _locks()):
        assert holder.process.poll() is None


def _locks() -> list[str]:
    return Path("/proc/locks").read_text().splitlines()


linux_only = pytest.mark.skipif(not Path("/proc/locks").exists(), reason="no /proc/locks here")


def test_those_that_share_it_have_it_together(holders: list[Holder], tmp_path: Path) -> None:
    for _ in range(3):
        assert _ask(holders, "shared", tmp_path).said() == "has"


@linux_only
@pytest.mark.parametrize(("first", "second"), [("alone", "shared"), ("shared", "alone")])
def test_one_that_has_it_alone_and_any_other_take_turns(
    holders: list[Holder], tmp_path: Path, first: str, second: str
) -> None:
    has = _ask(holders, first, tmp_path)
    assert has.said() == "has"
    waits = _ask(holders, second, tmp_path)
    _waits(waits)
    has.leave()
    assert waits.said() == "has"


@linux_only
def test_who_waits_to_have_it_alone_is_not_passed(holders: list[Holder], tmp_path: Path) -> None:
    has = _ask(holders, "shared", tmp_path)
    assert has.said() == "has"
    session = _ask(holders, "alone", tmp_path)
    _waits(session)
    later = _ask(holders, "shared", tmp_path)
    _waits(later)
    has.leave()
    assert session.said() == "has"
    session.leave()
    assert later.said() == "has"


def test_one_that_is_killed_keeps_nothing(holders: list[Holder], tmp_path: Path) -> None:
    dies = _ask(holders, "alone", tmp_path)
    assert dies.said() == "has"
    dies.end()
    assert _ask(holders, "alone", tmp_path).said() == "has"

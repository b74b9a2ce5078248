from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from g2gbench.trial.machine_watch import MachineMonitor, swapped_bytes, tree

MS = 1_000_000


class Clocks:
    """A wall clock and a monotonic one, both under control."""

    def __init__(self) -> None:
        self.wall_ns = 1_700_000_000_000 * MS
        self.monotonic_ns = 5_000 * MS
        self.reading_ns = 100  # how long a reading takes
        self.swapped = 10

    def host(self) -> MachineMonitor:
        return MachineMonitor(lambda: self.wall_ns, self._monotonic, lambda: self.swapped)

    def pass_ms(self, ms: float) -> None:
        self.wall_ns += round(ms * MS)
        self.monotonic_ns += round(ms * MS)

    def _monotonic(self) -> int:
        self.monotonic_ns += self.reading_ns
        self.wall_ns += self.reading_ns
        return self.monotonic_ns


def test_clocks_that_run_alike_have_not_stepped() -> None:
    clocks = Clocks()
    host = clocks.host()
    clocks.pass_ms(1000)
    assert abs(host.clock_step_ms()) < 0.001


def test_a_step_is_told_once_with_its_sign() -> None:
    clocks = Clocks()
    host = clocks.host()
    clocks.wall_ns -= 250 * MS
    assert round(host.clock_step_ms()) == -250
    clocks.pass_ms(1000)
    assert round(host.clock_step_ms()) == 0
    clocks.wall_ns += 40 * MS
    assert round(host.clock_step_ms()) == 40


def test_clocks_that_cannot_be_read_together_are_not_compared() -> None:
    clocks = Clocks()
    host = clocks.host()
    clocks.wall_ns += 500 * MS
    clocks.reading_ns = 2 * MS  # as if the process were preempted between any two readings
    assert host.clock_step_ms() == 0.0
    clocks.reading_ns = 100
    assert round(host.clock_step_ms()) == 500  # it is reported when it can be


def test_one_reading_apart_is_tried_again() -> None:
    clocks = Clocks()
    takes: Iterator[int] = iter([0, 0, 0, 5 * MS, 0, 0])

    def monotonic() -> int:
        step = next(takes)
        clocks.wall_ns += step
        clocks.monotonic_ns += step
        return clocks.monotonic_ns

    host = MachineMonitor(lambda: clocks.wall_ns, monotonic, lambda: 0)
    assert host.clock_step_ms() == 0.0
    assert next(takes, None) is None


def test_swapping_counts_from_the_beginning() -> None:
    clocks = Clocks()
    host = clocks.host()
    assert host.swapped_bytes() == 0
    clocks.swapped = 4106
    assert host.swapped_bytes() == 4096


def test_this_machine_tells_what_it_swapped() -> None:
    assert swapped_bytes() >= 0
    assert abs(MachineMonitor().clock_step_ms()) < 1000


@pytest.mark.integration
def test_a_tree_has_its_root_and_one_that_is_gone_has_nothing() -> None:
    assert tree(psutil.Process())[0] == os.getpid()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    process = psutil.Process(gone.pid)
    gone.wait()
    assert tree(process) == []

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.process.waiting import Waiting, pressure_s

MS = 1_000_000


def schedstat(root: Path, pid: int, turns: int = 0, **waited_ms: int) -> None:
    for thread, ms in waited_ms.items():
        task = root / str(pid) / "task" / thread
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"5 {ms * MS} {turns}\n", encoding="ascii")


def test_the_thread_that_waited_most_counts_from_sample_to_sample(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    schedstat(tmp_path, 7, a=1000, b=2000)
    assert waiting.seconds("client", [7]) == 0  # what was before is not the trial's
    schedstat(tmp_path, 7, a=1300, b=2100)
    assert waiting.seconds("client", [7]) == pytest.approx(0.3)
    schedstat(tmp_path, 7, a=1300, b=2200)
    assert waiting.seconds("client", [7]) == pytest.approx(0.4)


@pytest.mark.parametrize(("turns", "seconds"), [(0, 0.3), (200, 0.2), (600, 0.0), (900, 0.0)])
def test_of_each_wait_half_a_millisecond_is_not_counted(
    tmp_path: Path, turns: int, seconds: float
) -> None:
    waiting = Waiting(tmp_path)
    schedstat(tmp_path, 7, a=1000, turns=50)
    waiting.seconds("client", [7])
    schedstat(tmp_path, 7, a=1300, turns=50 + turns)
    assert waiting.seconds("client", [7]) == pytest.approx(seconds)


@pytest.mark.parametrize(("ran_ms", "seconds"), [(3, 0.02), (4, 1.0)])
def test_a_thread_that_ran_less_than_a_hundredth_of_the_busiest_is_not_counted(
    tmp_path: Path, ran_ms: int, seconds: float
) -> None:
    """Its sleep may be counted as a wait: it is no evidence."""
    waiting = Waiting(tmp_path)
    task = tmp_path / "7" / "task"
    for thread in ("timer", "encoder"):
        (task / thread).mkdir(parents=True)
        (task / thread / "schedstat").write_text("0 0 0\n", encoding="ascii")
    waiting.seconds("worker", [7])
    (task / "timer" / "schedstat").write_text(f"{ran_ms * MS} {1000 * MS} 0\n", encoding="ascii")
    (task / "encoder" / "schedstat").write_text(f"{396 * MS} {20 * MS} 0\n", encoding="ascii")
    assert waiting.seconds("worker", [7]) == pytest.approx(seconds)


def test_threads_that_come_count_from_their_start_and_those_that_end_are_left_out(
    tmp_path: Path,
) -> None:
    waiting = Waiting(tmp_path)
    schedstat(tmp_path, 7, a=1000)
    waiting.seconds("client", [7])
    schedstat(tmp_path, 7, a=1000, c=50)
    assert waiting.seconds("client", [7]) == pytest.approx(0.05)
    (tmp_path / "7" / "task" / "c" / "schedstat").write_text("gone", encoding="ascii")
    assert waiting.seconds("client", [7]) == pytest.approx(0.05)


def test_the_processes_of_a_tree_are_looked_at_together_and_others_apart(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    for pid in (7, 8, 9):
        schedstat(tmp_path, pid, **{f"t{pid}": 0})
    waiting.seconds("client", [7, 8])
    waiting.seconds("room", [9])
    schedstat(tmp_path, 8, t8=20)
    schedstat(tmp_path, 9, t9=70)
    assert waiting.seconds("client", [7, 8]) == pytest.approx(0.02)
    assert waiting.seconds("room", [9]) == pytest.approx(0.07)


def test_a_system_that_does_not_tell_is_no_zero(tmp_path: Path) -> None:
    assert Waiting(tmp_path).seconds("client", [7]) is None
    assert pressure_s(tmp_path / "cpu") is None
    (tmp_path / "cpu").write_text("full avg10=0.00 total=1\n", encoding="ascii")
    assert pressure_s(tmp_path / "cpu") is None


def test_pressure_is_the_time_in_which_somebody_waited(tmp_path: Path) -> None:
    text = "some avg10=1.00 avg60=2.00 avg300=3.00 total=1500000\nfull avg10=0.00 total=7\n"
    (tmp_path / "cpu").write_text(text, encoding="ascii")
    assert pressure_s(tmp_path / "cpu") == 1.5

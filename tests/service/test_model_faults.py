from __future__ import annotations

from typing import Any

import pytest

from g2gbench.scenario import ModelFaultsSection
from g2gbench.service.model_faults import FaultLine, ModelFaults

MS = 1_000_000
FRAME_NS = 40 * MS


def through(frames: int, **faults: Any) -> tuple[list[int], list[int]]:
    """The frames sent, in order, and those dropped, of frames 1, 2, 3 … at 25 fps."""
    line: FaultLine[int] = FaultLine(ModelFaults(**faults))
    sent: list[int] = []
    dropped: list[int] = []
    for frame in range(1, frames + 1):
        passed = line.take(frame, frame * FRAME_NS)
        sent += passed.sent
        dropped += passed.dropped
    assert sorted({*sent, *dropped, *line.held}) == list(range(1, frames + 1))
    return sent, dropped


def test_what_a_scenario_asks_for_is_done() -> None:
    asked = ModelFaultsSection.model_validate(
        {
            "drop_every": 2,
            "duplicate_every": 3,
            "swap_every": 4,
            "freeze_every": 5,
            "freeze": "300ms",
            "silent": "2s",
            "small_first": "3s",
            "coarse_first": "4s",
            "misstamp_every": 6,
            "blank_every": 7,
        }
    )
    assert ModelFaults.of(asked) == ModelFaults(
        drop_every=2,
        duplicate_every=3,
        swap_every=4,
        freeze_every=5,
        freeze_s=0.3,
        silent_s=2.0,
        small_first_s=3.0,
        coarse_first_s=4.0,
        misstamp_every=6,
        blank_every=7,
    )
    assert ModelFaults.of(ModelFaultsSection()) == ModelFaults()


def test_without_faults_all_frames_pass_in_order() -> None:
    assert through(50) == (list(range(1, 51)), [])


def test_every_nth_frame_is_dropped() -> None:
    assert through(60, drop_every=20)[1] == [20, 40, 60]


def test_every_nth_frame_is_sent_twice() -> None:
    assert through(7, duplicate_every=3) == ([1, 2, 3, 3, 4, 5, 6, 6, 7], [])


def test_every_nth_frame_is_overtaken_by_the_next() -> None:
    assert through(7, swap_every=3) == ([1, 2, 4, 3, 5, 7, 6], [])
    assert through(6, swap_every=3) == ([1, 2, 4, 3, 5], [])
    assert through(4, swap_every=1) == ([2, 1, 4, 3], [])


def test_nothing_is_sent_while_frozen() -> None:
    sent, dropped = through(60, freeze_every=25, freeze_s=0.3)
    assert dropped == [*range(25, 33), *range(50, 58)]
    assert sent == [f for f in range(1, 61) if f not in dropped]
    assert through(60, freeze_every=25)[1] == []


def test_nothing_is_sent_for_a_while_after_the_first_frame_came() -> None:
    assert through(10, silent_s=0.2)[1] == [1, 2, 3, 4, 5]


def test_markers_of_every_nth_frame_are_made_wrong() -> None:
    line: FaultLine[int] = FaultLine(ModelFaults(misstamp_every=2, blank_every=3))
    wrong, blank = [], []
    for frame in range(1, 8):
        wrong += [frame] if line.misstamps else []
        blank += [frame] if line.blanks else []
        line.take(frame, frame)
    assert (wrong, blank) == ([2, 4, 6], [3, 6])


@pytest.mark.parametrize(
    "wrong", [{"drop_every": -1}, {"freeze_s": -0.1}, {"silent_s": -1}, {"blank_every": -2}]
)
def test_what_cannot_be_done_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="from 0 are allowed"):
        ModelFaults(**wrong)


def test_frames_are_small_and_pictures_coarse_from_the_first_that_is_passed_on() -> None:
    faults = ModelFaults(silent_s=1.0, small_first_s=0.5, coarse_first_s=2.0)
    line: FaultLine[int] = FaultLine(faults)
    for at_ms, small, coarse in ((0, True, True), (1499, True, True), (1500, False, True)):
        assert (line.shrinks(at_ms * MS), line.coarsens(at_ms * MS)) == (small, coarse)
    assert not line.coarsens(3000 * MS)
    assert line.take(1, 999 * MS).dropped == (1,)
    assert line.take(2, 1000 * MS).sent == (2,)


def test_without_those_faults_no_picture_is_worse() -> None:
    line: FaultLine[int] = FaultLine(ModelFaults())
    assert not line.shrinks(0)
    assert not line.coarsens(0)

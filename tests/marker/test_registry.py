"""Markers by name, and random starts."""

from __future__ import annotations

import random

import pytest

from g2gbench import marker
from g2gbench.marker import v1, v2


def test_markers_are_chosen_by_name() -> None:
    assert (marker.get("v1").bits, marker.get("v2").bits) == (16, 24)
    assert marker.get("v1").stamp is v1.stamp
    assert marker.get("v2").examine is v2.examine
    assert marker.get("v2").name == "v2"


def test_an_unknown_marker_is_refused_by_naming_the_known() -> None:
    with pytest.raises(ValueError, match="'v3'; allowed: v1, v2"):
        marker.get("v3")


def test_v1_starts_between_4096_and_28000_and_reaches_both_ends() -> None:
    assert marker.random_start("v1", lambda n: 0) == 4096
    assert marker.random_start("v1", lambda n: n - 1) == 28000


def test_v2_starts_anywhere_in_24_bits() -> None:
    assert marker.random_start("v2", lambda n: 0) == 0
    assert marker.random_start("v2", lambda n: n - 1) == 0xFFFFFF


def test_one_seed_gives_one_start_and_seeds_differ() -> None:
    def start(seed: int) -> int:
        return marker.random_start("v2", random.Random(seed).randrange)

    assert start(1) == start(1)
    assert len({start(seed) for seed in range(50)}) == 50

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from g2gbench.report.figures.budget import MOST_LABELLED, as_file, budget
from g2gbench.report.figures.drawing import LARGE, SMALL, Illustration
from g2gbench.report.figures.svg import inline
from g2gbench.report.views.budget_view import NAMES, Budget, Part

pytestmark = pytest.mark.integration


def made(*values: float | None) -> Budget:
    """A budget of these parts in the order of the way; what is left out is not known."""
    known = dict(zip(NAMES, values, strict=False))
    return Budget(tuple(Part(n, known.get(n), float(n in known)) for n in NAMES), 100, 1)


def words(figure: Illustration, width: int) -> list[str]:
    """What stands in the figure at a width."""
    svg = inline(figure, 1)[figure.widths.index(width)]
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


EVEN = made(20, 30, 40, 25, 45, 30, 35, 0)


def test_parts_are_named_where_there_is_room_and_numbered_where_not() -> None:
    figure = budget([("", EVEN)], "budget")
    large, small = words(figure, LARGE), words(figure, SMALL)
    assert "3 service decode 40" in large
    assert "5 service encode 45" in large
    assert {"1", "2", "3", "4", "5", "6", "7"} <= set(small)
    assert "225 ms" in large
    assert "225 ms" in small


def test_labels_are_not_torn_from_a_short_bar() -> None:
    short = made(1, 1, 1, 1, 1, 1, 1, 0)
    told = words(budget([("all", EVEN), ("short", short)], "budget"), LARGE)
    assert "1 encode 20" in told
    assert "1 encode 1.0" not in told
    assert told.count("1") == 1


@pytest.mark.parametrize("width", [SMALL, LARGE])
def test_no_two_labels_touch(width: int) -> None:
    figure = budget([("", made(100, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5))], "budget")
    svg = inline(figure, 1)[figure.widths.index(width)]
    found = re.findall(r'<text[^>]*x="([\d.]+)"[^>]*>(\d(?: [^<]*)?)</text>', svg)
    labels = sorted((float(x), text) for x, text in found if re.match(r"[1-8]( [a-z]|$)", text))
    assert len(labels) == 8
    for (left, first), (right, second) in pairwise(labels):
        assert right - left >= 3 * (len(first) + len(second))
    assert labels[-1][0] < width


def test_everything_is_told_in_words() -> None:
    alt = budget([("vp8", EVEN), ("h264", made(5.5, None, 4.5))], "budget").alt
    assert "vp8: encode 20 ms, uplink 30 ms" in alt
    assert "together 225 ms; h264: encode 5.5 ms, service decode 4.5 ms, together 10.0 ms" in alt


def test_what_is_negative_has_no_length() -> None:
    told = words(budget([("", made(-5, 15))], "budget"), LARGE)
    assert "10.0 ms" in told
    assert "2 uplink 15.0" in told
    assert not [text for text in told if text == "1" or text.startswith("1 ")]


def test_many_bars_have_names_and_sums_alone() -> None:
    rows = [(f"cell {i}", EVEN) for i in range(MOST_LABELLED + 1)]
    told = words(budget(rows, "budget"), LARGE)
    assert told.count("225 ms") == len(rows)
    assert "1 encode 20" not in told


def test_a_name_that_is_too_long_is_cut() -> None:
    told = words(budget([("a very long name of a cell " * 9, EVEN)], "budget"), SMALL)
    assert [text for text in told if text.startswith("a very") and text.endswith("…")]


def test_nothing_but_zeros_can_be_drawn() -> None:
    assert "0.0 ms" in words(budget([("", made(0, 0))], "budget"), SMALL)


def test_as_a_file_it_names_every_part() -> None:
    told = words(as_file([("", EVEN)], "budget"), LARGE)
    (key,) = [text for text in told if text.endswith("8 unattributed")]
    assert key.split()[:4] == ["1", "encode", "2", "uplink"]

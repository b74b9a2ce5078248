from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from g2gbench.report.figures.strip import WIDTH, Strip


def elements(strip: Strip) -> dict[str, list[ElementTree.Element]]:
    found: dict[str, list[ElementTree.Element]] = {}
    for element in ElementTree.fromstring(strip.svg()):
        found.setdefault(element.get("class", ""), []).append(element)
    return found


def test_the_ground_lies_on_the_side_where_the_expectation_holds() -> None:
    below = elements(Strip([1, 2], 1.5, 1, 2, "<", 4, holds=True))
    above = elements(Strip([1, 2], 1.5, 1, 2, ">=", 1.2, holds=True))
    limit = float(below["limit"][0].get("x1", ""))
    zone = below["zone"][0]
    assert float(zone.get("x", "")) + float(zone.get("width", "")) == pytest.approx(limit, abs=0.1)
    assert float(above["zone"][0].get("x", "")) == float(above["limit"][0].get("x1", ""))


def test_a_line_starts_at_zero() -> None:
    strip = elements(Strip([80, 90], 85, 80, 90, "<", 100, holds=True))
    zero, hundred = 5.0, float(strip["limit"][0].get("x1", ""))
    value = float(strip["value"][0].get("x1", ""))
    assert (value - zero) / (hundred - zero) == pytest.approx(0.85, abs=0.01)


def test_a_broken_limit_is_marked_and_one_that_was_not_judged_has_no_colour() -> None:
    assert "limit broken" in elements(Strip([9], 9, None, None, "<", 4, holds=False))
    unjudged = elements(Strip([], None, None, None, "<", 4, holds=None))
    assert "zone off" in unjudged
    assert "value" not in unjudged
    assert "interval" not in unjudged


@pytest.mark.parametrize("values", [[-5.0, 3.0], [0.0], [1e9], [-1.0]])
def test_everything_stays_within_the_line(values: list[float]) -> None:
    svg = Strip(values, values[0], min(values), max(values), "==", 0, holds=False).svg()
    places = [float(x) for x in re.findall(r' (?:x|x1|cx)="([-\d.]+)"', svg)]
    assert all(0 <= x <= WIDTH for x in places)

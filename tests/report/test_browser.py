"""The page in a real browser: nothing is wider than a window, it prints, and loads nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.chromium import NEEDS_CHROMIUM, assert_fits_every_window, print_page, served
from tests.report.conftest import BUILDERS, Reported

pytestmark = [pytest.mark.integration, pytest.mark.slow, NEEDS_CHROMIUM]


@pytest.mark.nightly
def test_no_page_is_wider_than_its_window(all_drawn: Reported, tmp_path: Path) -> None:
    found = [all_drawn.written(state).path / "report.html" for state in BUILDERS]
    assert_fits_every_window(found, tmp_path)


@pytest.mark.parametrize(
    "state", ["blackout", pytest.param("six cells", marks=pytest.mark.nightly)]
)
def test_a_page_prints_loads_nothing_and_has_no_error(
    all_drawn: Reported, tmp_path: Path, state: str
) -> None:
    with served(all_drawn.written(state).path) as address:
        printed, logged = print_page(f"{address}/report.html", tmp_path)
    assert printed.startswith(b"%PDF")
    assert "CONSOLE" not in logged


def test_a_page_that_would_load_something_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<img src="/picture.png">', encoding="utf-8")
    with served(tmp_path) as address:
        _, logged = print_page(f"{address}/page.html", tmp_path)
    assert "CONSOLE" in logged

"""What is promised to stay is what is public."""

from __future__ import annotations

import re

import g2gbench
from tests.docs.documents import code_words, read, rows

PAGE = read("docs/compatibility.md")


def test_the_api_that_is_held_is_what_the_package_exports() -> None:
    table = rows(PAGE, "| Name | What it is |")
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(g2gbench.__all__) - {"__version__"}


def test_the_version_is_the_one_that_the_changelog_is_at() -> None:
    """``0.2.0.dev0`` while 0.2.0 is unreleased; each released version has its date."""
    first, *released = re.findall(r"^## \[([\d.]+)\] - (.*)$", read("CHANGELOG.md"), re.MULTILINE)
    number, when = first
    assert g2gbench.__version__ == (f"{number}.dev0" if when == "Unreleased" else number)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for _, date in released)


def test_every_public_name_says_what_it_is() -> None:
    for name in g2gbench.__all__:
        if name != "__version__":
            assert (getattr(g2gbench, name).__doc__ or "").strip(), name


def test_what_may_be_let_through_has_that_name() -> None:
    (word,) = [word for word in code_words(PAGE) if word.startswith("--allow")]
    assert f"`{word.split()[1]}`" in read("docs/statistics.md")

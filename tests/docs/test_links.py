"""Links lead somewhere, pictures are there, and nothing names a place on one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, ROOT, code_words, name, prose

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
ABSOLUTE = re.compile(r"""(?:^|[\s`"'(=])(/[A-Za-z][\w.-]*)""", re.MULTILINE)
OF_EVERY_MACHINE = {"/dev", "/v1"}  # devices, and the paths of the service's own URLs
LARGEST_PICTURE_BYTES = 300_000


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[tuple[str, str, str]]:
    """Every link within the project: ``!`` for a picture, text, target."""
    found = LINK.findall(prose(path.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link[2])]


def test_the_documents_that_people_look_for_are_there() -> None:
    wanted = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md", "reports/README.md"}
    assert wanted <= {name(path) for path in DOCUMENTS}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(path: Path) -> None:
    for _, _, link in links(path):
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), link
        assert file.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_picture_is_one_is_small_and_says_what_it_shows(path: Path) -> None:
    for mark, text, link in links(path):
        if not mark:
            continue
        picture = (path.parent / link).read_bytes()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n"), link
        assert len(picture) < LARGEST_PICTURE_BYTES
        assert len(text.split()) >= 5


def test_the_readme_shows_a_report() -> None:
    pictures = [target for mark, _, target in links(ROOT / "README.md") if mark]
    assert pictures == ["docs/images/report.png"]


def test_the_index_lists_every_document_beside_it() -> None:
    linked = {target for _, _, target in links(ROOT / "docs" / "README.md")}
    beside = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert beside <= linked


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_file_of_the_project_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in code_words(text):
        if re.fullmatch(r"(g2gbench|tests|docs|scenarios|\.ci)/[\w./-]*", word):
            assert (ROOT / word).exists(), word


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_no_document_names_a_place_on_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(ABSOLUTE.findall(text)) <= OF_EVERY_MACHINE


@pytest.mark.parametrize("text", ["cd /srv/bench", "`/tmp/runs`", "(/Users/me)", "out=/home/me"])
def test_a_place_on_one_machine_would_be_found(text: str) -> None:
    assert ABSOLUTE.findall(text)

"""The API page is made of the docstrings, and every public thing has one."""

from __future__ import annotations

import inspect
import typing

import pytest

from tests.docs import api_page


@pytest.mark.integration  # signatures are shown as this Python shows them
def test_the_page_is_what_the_docstrings_say() -> None:
    assert api_page.PAGE.read_text(encoding="utf-8") == api_page.render(), (
        "python -m tests.docs.api_page"
    )


def test_everything_public_has_a_docstring() -> None:
    lacking = [
        f"{module.__name__}.{name}.{member}"
        for module in api_page.MODULES
        for name, value in api_page.public(module)
        if inspect.isclass(value)
        for member, found in api_page.members(value)
        if not api_page.docstring(found)
    ]
    lacking += [
        f"{module.__name__}.{name}"
        for module in api_page.MODULES
        for name, value in api_page.public(module)
        if typing.get_origin(value) is None and not api_page.docstring(value)
    ]
    assert not lacking

"""The security page says what the code holds."""

from __future__ import annotations

from g2gbench.secrecy import SHORTEST
from tests.docs.documents import read

PAGE = read("docs/security.md")


def test_it_tells_how_long_a_key_must_be() -> None:
    assert f"A key of fewer than {SHORTEST} characters is refused" in PAGE

"""Text from outside as data: what a form of report cannot hold is replaced, never obeyed."""

from __future__ import annotations

from typing import Final

REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


def for_markup(text: str) -> str:
    """The text with a mark in the place of each character that XML 1.0 does not allow."""
    return "".join(c if _is_allowed(c) else REPLACED for c in text)


def for_a_line(text: str) -> str:
    """The text on one line without control characters: it may hold escape sequences of its own."""
    return "".join(c if c.isprintable() else " " for c in text)


def _is_allowed(character: str) -> bool:
    return (
        character in "\t\n\r"
        or " " <= character <= "\x7e"
        or "\xa0" <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
    )

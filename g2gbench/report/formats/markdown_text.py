"""Text from outside within Markdown: shown as it is, whatever is in it."""

from __future__ import annotations

import re
from typing import Final

from g2gbench.report.text.one_line import for_a_line

LONGEST_TEXT: Final = 300


def escaped(text: str, longest: int = LONGEST_TEXT) -> str:
    """Text that Markdown shows as it is: nothing in it is a tag, a link, a mention or a column."""
    if len(text) > longest:
        text = f"{text[:longest]}…"
    text = " ".join(for_a_line(text).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~#])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\_", text)
    # A zero-width joiner: neither a mention of a user nor a link made by itself.
    return text.replace("@", "@\u200d").replace("://", ":\u200d//")

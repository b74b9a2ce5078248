"""The project's documents, and the parts of Markdown that their tests ask for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "reports" / "README.md"]
)
_FENCE: Final = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    """A document as people name it."""
    return path.relative_to(ROOT).as_posix()


def read(document: str) -> str:
    """The text of a document, named from the root of the project."""
    return (ROOT / document).read_text(encoding="utf-8")


def fences(text: str, *languages: str) -> list[str]:
    """The fenced blocks of these languages."""
    return [body for language, body in _FENCE.findall(text) if language in languages]


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", text)


def section(text: str, title: str) -> str:
    """What stands below a heading of level two, up to the next one."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def code_words(text: str) -> list[str]:
    """What stands in backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of the table with this header row, one list a row."""
    lines = text.splitlines()
    found = []
    for line in lines[lines.index(header) + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of every g2gbench command in the shell blocks and CI jobs of a document."""
    blocks = fences(text, "bash", "console")
    blocks += re.findall(r"run: (.*)", "\n".join(fences(text, "yaml")))
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not set(word) <= set("();<>|&"):
                words.append(word)
                continue
            if words and words[0].rpartition("/")[2] == "g2gbench":
                yield words[1:]
            words = []

"""docs/api.md from the docstrings of what is public.

python -m tests.docs.api_page      writes it anew
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import typing
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import Any, Final

from pydantic import BaseModel

import g2gbench
from g2gbench import marker, quality, realtime
from tests.docs.documents import ROOT

PAGE: Final = ROOT / "docs" / "api.md"
MODULES: Final[tuple[ModuleType, ...]] = (g2gbench, realtime, marker, quality)
_HEAD: Final = """\
# API

Everything that [compatibility.md](compatibility.md) holds, from its docstrings. Written by
`python -m tests.docs.api_page`.
"""
_LIBRARIES: Final = ("pydantic", "enum", "builtins", "typing", "abc")
"""What classes inherit from these is theirs to document."""

_WITHOUT_SIGNATURE: Final = (enum.Enum, BaseException, BaseModel)
"""Kinds that nobody makes by their call."""


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Names and values that a module exports, but for modules and plain values."""
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if callable(value) or typing.get_origin(value) is not None:
            yield name, value


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class, in the order in which they are defined."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] in _LIBRARIES:
            continue
        for name, value in vars(base).items():
            inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            documented = inspect.isfunction(inner) or isinstance(inner, property | cached_property)
            if documented and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, inner


def docstring(value: Any) -> str:
    """The docstring, without what the standard library makes up for a class without one."""
    text = inspect.getdoc(value) or ""
    name = getattr(value, "__name__", "")
    made_up = dataclasses.is_dataclass(value) and text.startswith(f"{name}(")
    return "" if made_up else text


def render() -> str:
    """The page."""
    parts = [_HEAD]
    for module in MODULES:
        parts.append(f"## {module.__name__}\n\n{_markdown(docstring(module))}\n")
        for name, value in public(module):
            parts.append(_entry(f"{module.__name__}.{name}", name, value))
    return "\n".join(parts)


def _entry(full: str, name: str, value: Any) -> str:
    lines = [f"### {full}\n"]
    if typing.get_origin(value) is not None:
        return f"{lines[0]}\n`{_type(str(value))}`\n"
    if not (inspect.isclass(value) and issubclass(value, _WITHOUT_SIGNATURE)):
        lines.append(f"```python\n{_signature(name, value)}\n```\n")
    lines.append(f"{_markdown(docstring(value))}\n")
    if inspect.isclass(value) and issubclass(value, enum.Enum):
        lines.append(", ".join(f"`{one.name}`" for one in value) + "\n")
    for member, found in members(value) if inspect.isclass(value) else ():
        head = _signature(member, found) if inspect.isfunction(found) else member
        lines.append(f"**`{head}`**\n\n{_markdown(docstring(found))}\n")
    return "\n".join(lines)


def _signature(name: str, value: Any) -> str:
    """The call, with types by their last names."""
    found = inspect.signature(value)
    parts, keyword_only = [], False
    for one in found.parameters.values():
        if one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            parts.append("*")
        text = one.name
        if one.annotation is not one.empty:
            text += f": {_type(one.annotation)}"
        if one.default is not one.empty:
            text += f" = {_default(one.default)}"
        parts.append(text)
    returned = found.return_annotation
    arrow = "" if returned in (None, "None", found.empty) else f" -> {_type(returned)}"
    return f"{name}({', '.join(parts)}){arrow}"


def _type(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"ForwardRef\('(\w+)'\)", r"\1", text)
    return re.sub(r"\b(?:\w+\.)+(?=[A-Za-z])", "", text)


def _default(value: Any) -> str:
    """As it is written; what has no short form is a thing of its own."""
    plain = value is None or isinstance(value, str | int | float | bool | tuple)
    return repr(value) if plain and not isinstance(value, enum.Enum) else _name(value)


def _name(value: Any) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else "…"


def _markdown(text: str) -> str:
    """A docstring's own marks as Markdown: code, and the lists of arguments."""
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    out: list[str] = []
    listed = False
    for line in text.splitlines():
        if re.fullmatch(r"(Args|Attributes|Raises|Returns|Yields):", line):
            listed = True
            out += [line, ""]
        elif listed and (found := re.fullmatch(r"    ([\w, ]+): (.*)", line)):
            out.append(f"- `{found[1]}`: {found[2]}")
        elif listed and line.startswith("    "):
            out.append(f"  {line.strip()}")
        else:
            listed = listed and not line
            out.append(line)
    return "\n".join(out).strip()


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

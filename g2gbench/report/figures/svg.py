"""A figure as SVG within the page, following its light or dark theme, or as a PNG file."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Final

from g2gbench.report.figures.drawing import (
    DOTS_PER_INCH,
    PNG_DOTS_PER_INCH,
    Canvas,
    Illustration,
    style,
)
from g2gbench.report.figures.palette import LIGHT, NAMES
from g2gbench.report.text.one_line import for_a_line
from g2gbench.store.files import write_atomically

_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_PNG_NO_METADATA: Final = {"Software": None}
_LEFT_OUT: Final = ("metadata", "style")
_WITH_WORDS: Final = ("text", "tspan")
_NUMBERS: Final = ("d", "x", "y", "width", "height", "transform", "points", "cx", "cy", "r")
_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_UNTURNED: Final = re.compile(r"rotate\(-?0[^0-9.][^)]*\)$")
_URL: Final = re.compile(r"url\(#([\w.-]+)\)")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}\b")


def inline(illustration: Illustration, serial: int) -> tuple[str, ...]:
    """The illustration at each of its widths as ``<svg class="v<width>">``.

    ``serial`` is its number on the page: the ids of two figures must not be the same.
    """
    return tuple(_svg(illustration, width, f"{serial}-{width}") for width in illustration.widths)


def write_files(illustration: Illustration, folder: Path) -> None:
    """The illustration as PNG and as SVG, at its largest width, in the light theme on white."""
    alt = for_a_line(illustration.alt)
    with style(**{"svg.hashsalt": illustration.name}):
        canvas = illustration.draw(max(illustration.widths))
        for form, dots_per_inch, metadata in (
            ("png", PNG_DOTS_PER_INCH, _PNG_NO_METADATA),
            ("svg", DOTS_PER_INCH, {**_NO_METADATA, "Title": alt}),
        ):
            write_atomically(
                folder / f"{illustration.name}.{form}",
                partial(
                    canvas.figure.savefig,
                    format=form,
                    dpi=dots_per_inch,
                    facecolor=LIGHT["surface"],
                    metadata=metadata,
                    bbox_inches="tight",
                    pad_inches=0.2,
                ),
            )


def _svg(illustration: Illustration, width: int, salt: str) -> str:
    with style(**{"svg.hashsalt": salt}):
        canvas = illustration.draw(width)
        buffer = io.StringIO()
        canvas.figure.savefig(buffer, format="svg", dpi=DOTS_PER_INCH, metadata=_NO_METADATA)
    return _for_page(buffer.getvalue(), canvas, f"v{width}")


def _for_page(text: str, canvas: Canvas, css_class: str) -> str:
    """The figure's document for the page: its words are left as they are, whatever they say."""
    drawn = ElementTree.fromstring(text)
    used = {name for element in drawn.iter() for name in _references(element)}
    root = _kept(drawn, used)
    root.attrib.clear()
    root.attrib |= {
        "class": css_class,
        "viewBox": f"0 0 {canvas.width:g} {canvas.height:g}",
        "aria-hidden": "true",
    }
    return ElementTree.tostring(root, encoding="unicode").strip()


def _kept(element: ElementTree.Element, used: AbstractSet[str]) -> ElementTree.Element:
    """The element without what the page does not need, and all below it."""
    kept = ElementTree.Element(_local(element.tag), _attributes(element, used))
    if kept.tag in _WITH_WORDS:
        kept.text = element.text
    for child in element:
        if _local(child.tag) not in _LEFT_OUT:
            kept.append(_kept(child, used))
    return kept


def _attributes(element: ElementTree.Element, used: AbstractSet[str]) -> dict[str, str]:
    kept = {}
    for name, value in element.attrib.items():
        # An href without a prefix is SVG 2, which every browser of today reads.
        name = _local(name)
        if name == "style":
            kept[name] = _styled(value)
        elif name == "id":
            kept |= {name: value} if value in used else {}
        elif name in _NUMBERS:
            short = _NUMBER.sub(_rounded, " ".join(value.split()))
            kept |= {} if _UNTURNED.match(value) else {name: short}
        else:
            kept[name] = value
    return kept


def _references(element: ElementTree.Element) -> Iterator[str]:
    """The ids that an element needs."""
    for name, value in element.attrib.items():
        if _local(name) == "href":
            yield value.removeprefix("#")
        elif name == "clip-path" or name == "style":
            yield from _URL.findall(value)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _styled(style_of: str) -> str:
    """A style with the page's font, its colours as variables, its numbers as short as they may."""
    return _COLOUR.sub(_variable, _NUMBER.sub(_rounded, with_font_of_page(style_of)))


def with_font_of_page(text: str) -> str:
    """A style without font families, so that words take the page's; size and weight are kept.

    matplotlib writes ``font-family`` since 3.10 and the ``font`` shorthand before.
    """
    text = re.sub(r"font-family: [^;\"]*; ?", "", text)
    return re.sub(r"font: ((?:\w+ )*?)([\d.]+)px [^;\"]*", _font, text)


def _font(match: re.Match[str]) -> str:
    bold = re.search(r"\b(\d{3}|bold)\b", match[1])
    return f"font-size:{match[2]}px" + (";font-weight:600" if bold else "")


def _variable(match: re.Match[str]) -> str:
    colour = match[0]
    if colour not in NAMES:
        raise ValueError(f"colour {colour} is not in the palette")
    return f"var(--{NAMES[colour]})"


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")

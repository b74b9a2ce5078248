"""A figure as SVG within the page, following its light or dark theme, or as a PNG file."""

from __future__ import annotations

import io
import re
from functools import partial
from pathlib import Path
from typing import Final

from g2gbench.report.drawing import (
    DOTS_PER_INCH,
    PNG_DOTS_PER_INCH,
    Canvas,
    Illustration,
    style,
)
from g2gbench.report.palette import LIGHT, NAMES
from g2gbench.store.files import write_atomically

_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_PNG_NO_METADATA: Final = {"Software": None}


def inline(illustration: Illustration, serial: int) -> tuple[str, ...]:
    """The illustration at each of its widths as ``<svg class="v<width>">``.

    ``serial`` is its number on the page: the ids of two figures must not be the same.
    """
    return tuple(_svg(illustration, width, f"{serial}-{width}") for width in illustration.widths)


def write_files(illustration: Illustration, folder: Path) -> None:
    """The illustration as PNG and as SVG, at its largest width, in the light theme on white."""
    alt = "".join(c if c.isprintable() else " " for c in illustration.alt)
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
    text = text[text.index("<svg") :]
    for noise in (r"<metadata>.*?</metadata>", r"<style[^>]*>.*?</style>", r"<!--.*?-->"):
        text = re.sub(noise, "", text, flags=re.DOTALL)
    head = (
        f'<svg class="{css_class}" viewBox="0 0 {canvas.width:g} {canvas.height:g}" '
        'aria-hidden="true">'
    )
    text = re.sub(r"<svg [^>]*>", head, text, count=1)
    # An href without a prefix is SVG 2, which every browser of today reads.
    text = text.replace("xlink:href", "href")
    text = with_font_of_page(text)
    text = re.sub(r' transform="rotate\(-?0[^"]*"', "", text)
    text = re.sub(r"(?<=[ :])#[0-9a-f]{6}\b", _variable, text)
    text = re.sub(r"-?\d+\.\d{3,}", _rounded, text)
    used = set(re.findall(r"#(\w+)", text))
    text = re.sub(r' id="([\w.]+)"', lambda m: m[0] if m[1] in used else "", text)
    return re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").strip()


def with_font_of_page(text: str) -> str:
    """Without font families, so that words take the page's font; size and weight are kept.

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

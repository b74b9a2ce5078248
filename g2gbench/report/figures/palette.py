"""Colours by their meaning: one meaning each, on every page and in every figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in the light and in the dark theme, as ``#rrggbb``."""

    light: str
    dark: str
    meaning: str


PALETTE: Final[Mapping[str, Colour]] = MappingProxyType(
    {
        "page": Colour("#f5f6f8", "#0e1114", "behind the cards"),
        "surface": Colour("#ffffff", "#161a1f", "cards"),
        "ink": Colour("#1b1f24", "#e9ecf0", "text, and the one series that matters"),
        "muted": Colour("#5a636e", "#a3adb8", "labels, units, states without a verdict"),
        "faint": Colour("#8b94a0", "#747e8a", "single frames and trials, hatching"),
        "edge": Colour("#c9d0d8", "#3d4650", "axis lines"),
        "grid": Colour("#e4e8ed", "#262c33", "grid lines, rules of tables"),
        "band": Colour("#f0ece4", "#26231d", "the warm-up, which is not measured"),
        "client": Colour("#59646f", "#9aa6b3", "frames lost in the measured client"),
        "network": Colour("#2b6cb0", "#6cace8", "the link: its bitrate, frames lost on it"),
        "service": Colour("#c29000", "#dcb545", "frames lost in the service"),
        "unknown": Colour("#9b9fa6", "#80858d", "frames lost in an unknown place"),
        "pass": Colour("#0b7a6b", "#43b8a5", "holds, pass, delivered"),
        "fail": Colour("#c2410b", "#f2824a", "does not hold, fail, limits, freezes"),
        "passbg": Colour("#e3f2ef", "#12302c", "the side of a limit where it holds"),
        "odd": Colour("#f6d59c", "#6a4d17", "frames that came back unreadable"),
        "level-good": Colour("#cfe8e2", "#cfe8e2", "seconds of good quality"),
        "level-fair": Colour("#f0d98a", "#f0d98a", "seconds of fair quality"),
        "level-poor": Colour("#ef9f57", "#ef9f57", "seconds of poor quality"),
        "level-critical": Colour("#e0664a", "#e0664a", "seconds of critical quality"),
        "level-unknown": Colour("#c3c7cd", "#c3c7cd", "seconds of unknown quality"),
        "h0": Colour("#edf3f9", "#18232e", "heat: the least of a matrix"),
        "h1": Colour("#d6e5f2", "#1d3347", "heat"),
        "h2": Colour("#b4d0e7", "#254866", "heat"),
        "h3": Colour("#86b3d6", "#336389", "heat"),
        "h4": Colour("#4f8fc0", "#5c96c4", "heat"),
        "h5": Colour("#28679a", "#93bfe0", "heat"),
        "h6": Colour("#123f66", "#cfe4f5", "heat: the most of a matrix"),
        "codec-vp8": Colour("#3468ae", "#7fb2f0", "VP8: circles"),
        "codec-h264": Colour("#b07c00", "#e6bb46", "H.264: squares"),
        "codec-vp9": Colour("#8a3f9e", "#c993dc", "VP9: triangles"),
        "codec-av1": Colour("#12806f", "#57cbb6", "AV1: diamonds"),
        "codec-h265": Colour("#a63d64", "#ec92b4", "H.265: triangles upside down"),
        "level-ink": Colour("#1a1a1a", "#1a1a1a", "letters on the levels, in both themes"),
    }
)

LIGHT: Final[Mapping[str, str]] = MappingProxyType({n: c.light for n, c in PALETTE.items()})
"""What figures are drawn with; the SVG writer turns each into a variable of the page."""

HEAT: Final = ("h0", "h1", "h2", "h3", "h4", "h5", "h6")
"""The steps of a heat map; in the dark theme the ramp turns round, so that more stays stronger."""

NAMES: Final[Mapping[str, str]] = MappingProxyType({c.light: n for n, c in PALETTE.items()})
"""The name of a light colour."""

PHASE_COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "before_encoder": "client",
        "encoder": "client",
        "uplink": "network",
        "service": "service",
        "downlink": "network",
        "decoder": "client",
        "after_decoder": "client",
        "display": "client",
        "unknown": "unknown",
    }
)
"""Whose drop it is, by drop phase."""


def css_variables() -> str:
    """The palette as CSS variables, for both themes."""
    light = "".join(f"--{name}:{colour.light};" for name, colour in PALETTE.items())
    dark = "".join(f"--{name}:{colour.dark};" for name, colour in PALETTE.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def stylesheet() -> str:
    """The look of every report, for a page that is no report."""
    rules = Path(__file__).parents[1] / "templates" / "report.css"
    return f"{css_variables()}\n{rules.read_text(encoding='utf-8')}"

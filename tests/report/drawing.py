"""A figure to look at as it is drawn."""

from __future__ import annotations

from g2gbench.report.figures.drawing import Canvas, Illustration


def drawn(colour: str, words: str = "words") -> Illustration:
    def draw(width: int) -> Canvas:
        canvas = Canvas(width, 80)
        axes = canvas.axes(30, 10, width - 40, 40)
        axes.plot([0, 1], [0, 1], "o", color=colour)
        canvas.title(0, 8, words, "ms")
        return canvas

    return Illustration("test", "alt", "", (340, 700), draw)

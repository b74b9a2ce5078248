from __future__ import annotations

import threading
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

from g2gbench.report.figures.drawing import Canvas, Illustration, dots, scaled_from_zero, style
from g2gbench.report.figures.palette import LIGHT, PALETTE, css_variables
from g2gbench.report.figures.svg import inline, with_font_of_page, write_files
from tests.report.drawing import drawn


def test_colours_become_variables_of_the_page() -> None:
    small, large = inline(drawn(LIGHT["fail"]), 1)
    assert small.startswith('<svg class="v340" viewBox="0 0 340 80"')
    assert large.startswith('<svg class="v700"')
    assert "var(--fail)" in small
    assert not [colour.light for colour in PALETTE.values() if colour.light in small]
    ElementTree.fromstring(small)


def test_a_colour_without_a_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="#ff00ff is not in the palette"):
        inline(drawn("#ff00ff"), 1)


def test_words_take_the_font_of_the_page() -> None:
    assert "DejaVu" not in inline(drawn(LIGHT["ink"]), 1)[0]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (
            "font-weight: 700; font-size: 12px; font-family: 'DejaVu Sans'; fill: #1b1f24",
            "font-weight: 700; font-size: 12px; fill: #1b1f24",
        ),
        ("font: 11.5px 'DejaVu Sans'; fill: #1b1f24", "font-size:11.5px; fill: #1b1f24"),
        ("font: bold 12px 'DejaVu Sans'", "font-size:12px;font-weight:600"),
        ("font: 700 12px 'DejaVu Sans', 'Arial'", "font-size:12px;font-weight:600"),
    ],
)
def test_size_and_weight_of_words_are_kept(written: str, kept: str) -> None:
    assert with_font_of_page(written) == kept


def test_the_same_figure_gives_the_same_bytes_and_another_number_other_ids() -> None:
    figure = drawn(LIGHT["ink"])
    assert inline(figure, 1) == inline(figure, 1)
    assert inline(figure, 1) != inline(figure, 2)


@pytest.mark.parametrize("words", ["😀 漢字 مرحبا", "#ff8800 1.23456", "\\$5 $"])
def test_letters_that_the_font_lacks_are_no_reason_to_stop(words: str, tmp_path: Path) -> None:
    write_files(drawn(LIGHT["ink"], words), tmp_path)
    assert words in ElementTree.fromstring((tmp_path / "test.svg").read_bytes()).itertext()


@pytest.mark.parametrize("words", ["$x^2$ and $", "<b>&amp;</b>", "a_b ^ \\alpha"])
def test_words_are_drawn_as_they_stand(words: str) -> None:
    svg = inline(drawn(LIGHT["ink"], words), 1)[0]
    texts = [element.text for element in ElementTree.fromstring(svg).iter("text")]
    assert words in texts


def test_settings_of_matplotlib_are_as_before_and_belong_to_one_thread_at_a_time() -> None:
    before = dict(mpl.rcParams)
    figures: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: figures.append(inline(drawn(LIGHT["ink"]), 7)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(figures)) == 1
    assert len(figures) == 4
    assert dict(mpl.rcParams) == before


def test_a_figure_is_a_png_and_an_svg_file(tmp_path: Path) -> None:
    illustration = replace(drawn(LIGHT["ink"]), alt="what <b>it</b> shows\x1b")
    write_files(illustration, tmp_path)
    assert (tmp_path / "test.png").read_bytes().startswith(b"\x89PNG")
    written = (tmp_path / "test.svg").read_bytes()
    root = ElementTree.fromstring(written)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "what <b>it</b> shows " in root.itertext()
    assert LIGHT["ink"] in written.decode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test.png", "test.svg"]
    write_files(illustration, tmp_path)
    assert (tmp_path / "test.svg").read_bytes() == written  # one run, the same bytes


def test_many_dots_are_one_path() -> None:
    def draw(width: int) -> Canvas:
        canvas = Canvas(width, 100)
        axes = canvas.axes(0, 0, width, 100)
        dots(axes, np.linspace(0, 1, 900), np.linspace(0, 1, 900), LIGHT["ink"], 2)
        return canvas

    svg = inline(Illustration("dots", "", "", (340,), draw), 1)[0]
    assert len(svg) < 900 * 40
    assert svg.count("<path") < 20


def test_dots_are_there_in_a_png_too(tmp_path: Path) -> None:
    def draw(width: int) -> Canvas:
        canvas = Canvas(width, 100)
        axes = canvas.axes(0, 0, width, 100)
        axes.set_axis_off()
        axes.set_ylim(0, 1)
        dots(axes, np.linspace(0.1, 0.9, 20), np.full(20, 0.5), LIGHT["ink"], 4)
        return canvas

    write_files(Illustration("dots", "", "", (340,), draw), tmp_path)
    pixels = image.imread(tmp_path / "dots.png")
    dark = pixels[..., :3].mean(axis=2) < 0.5
    assert dark.sum() > 20 * 30


@pytest.mark.parametrize("top", [0.0, 0.4, 219.0, 1000.0, 83_456.0])
def test_an_axis_runs_from_zero_to_a_round_number_above_the_data(top: float) -> None:
    with style():
        axes = Canvas(340, 100).axes(0, 0, 340, 100)
        upper = scaled_from_zero(axes, top)
        assert axes.get_ylim() == (0, upper)
        assert upper >= top
        assert 2 <= len(axes.get_yticks()) <= 6


def test_both_themes_have_every_colour() -> None:
    css = css_variables()
    light, dark = css.split("\n")
    for name, colour in PALETTE.items():
        assert f"--{name}:{colour.light};" in light
        assert f"--{name}:{colour.dark};" in dark
    assert len(set(LIGHT.values())) == len(PALETTE)  # a colour has one meaning

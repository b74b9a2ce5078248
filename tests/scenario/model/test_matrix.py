"""The matrix: every combination once, named by its values, each a valid scenario."""

from __future__ import annotations

import pytest

from g2gbench.scenario import Scenario, ScenarioError, cells, loads, resolved
from g2gbench.scenario.model import field_paths
from g2gbench.scenario.model.matrix import MAX_CELLS
from g2gbench.scenario.model.sections import SECRET_FIELDS
from tests.scenario.texts import MINIMAL, scenario


def refusal(more: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario(more)
    return str(caught.value)


def test_without_a_matrix_there_is_one_cell_named_default() -> None:
    it = scenario()
    (cell,) = cells(it)
    assert (cell.name, cell.slug, cell.settings, cell.scenario) == ("default", "default", (), it)


def test_cells_are_all_combinations_the_last_path_varying_fastest() -> None:
    it = scenario("matrix: {publish.codec: [vp8, h264], publish.max_bitrate: [500kbps, 2Mbps]}\n")
    found = cells(it)
    assert [cell.name for cell in found] == [
        "publish.codec=vp8,publish.max_bitrate=500kbps",
        "publish.codec=vp8,publish.max_bitrate=2Mbps",
        "publish.codec=h264,publish.max_bitrate=500kbps",
        "publish.codec=h264,publish.max_bitrate=2Mbps",
    ]
    assert found[1].settings == (("publish.codec", "vp8"), ("publish.max_bitrate", "2Mbps"))
    assert [(c.scenario.publish.codec, c.scenario.publish.max_bitrate) for c in found] == [
        ("vp8", 500_000),
        ("vp8", 2_000_000),
        ("h264", 500_000),
        ("h264", 2_000_000),
    ]
    assert all(cell.scenario.matrix == {} for cell in found)


def test_defaults_that_depend_on_what_is_varied_are_settled_in_each_cell() -> None:
    it = scenario("matrix: {target.model: [lucy-2.1, lucy-restyle-2], source.fps: [25, 30]}\n")
    assert it.source.size is None
    assert [(c.scenario.source.size, c.scenario.publish.max_framerate) for c in cells(it)] == [
        ((1088, 624), 25.0),
        ((1088, 624), 30.0),
        ((1280, 704), 25.0),
        ((1280, 704), 30.0),
    ]


def test_a_field_that_the_base_lacks_may_come_from_the_matrix() -> None:
    it = scenario("matrix: {source.size: [640x360, 320x180]}\n", "target.model=x", "source.fps=30")
    assert [cell.scenario.frame_size for cell in cells(it)] == [(640, 360), (320, 180)]


def test_whole_sections_and_null_can_be_varied() -> None:
    it = scenario(
        "matrix:\n"
        "  network.uplink: [null, {delay: 20ms, loss: 1%}]\n"
        "  session.playout_delay: [natural, {min: 0ms, max: 50ms}]\n"
    )
    names = [cell.name for cell in cells(it)]
    assert names[0] == "network.uplink=null,session.playout_delay=natural"
    assert names[3] == (
        "network.uplink={delay: 20ms, loss: 1%},session.playout_delay={min: 0ms, max: 50ms}"
    )


def test_a_check_between_fields_is_made_in_each_cell() -> None:
    text = refusal("timeline: [{at: 15s, prompt: a}]\nmatrix: {session.duration: [20s, 10s]}\n")
    assert text == (
        'a.yaml:3:17: timeline[0].at: found "15s"; after the end; '
        "allowed: less than session.duration, 10s"
    )


def test_an_invalid_value_is_told_once_with_its_position() -> None:
    text = refusal("matrix: {publish.codec: [vp8, vp7], repeat: [1], seed: [1, 2]}\n")
    assert [line.partition(": ")[2].partition(": ")[0] for line in text.splitlines()] == [
        "matrix.publish.codec[1]",
        "matrix.repeat",
    ]


@pytest.mark.parametrize(
    "path",
    ["name", "description", "repeat", "expect", "matrix", "quality.window", "codec", "target.x"],
)
def test_what_is_no_field_of_a_cell_cannot_be_varied(path: str) -> None:
    assert "is not a field that a matrix can vary" in refusal(f"matrix: {{{path}: [a, b]}}\n")


def test_a_secret_cannot_be_varied_since_it_would_name_the_cell() -> None:
    text = refusal("matrix: {target.api_key: [sk-hidden]}\n")
    assert "is not a field that a matrix can vary" in text
    assert "sk-hidden" not in text


def test_a_path_through_something_that_is_no_mapping_is_refused() -> None:
    assert refusal("publish: vp8\nmatrix: {publish.codec: [vp8]}\n").splitlines() == [
        'a.yaml:3:10: publish: found "vp8"; allowed: a mapping with codec, max_bitrate, '
        "max_framerate, simulcast",
        'a.yaml:4:26: matrix.publish.codec[0]: codec of something that is not a mapping: "vp8"',
    ]


@pytest.mark.parametrize("path", ["session.playout_delay.min", "timeline.at", "timeline[0].at"])
def test_what_may_be_a_word_or_a_list_is_varied_as_a_whole(path: str) -> None:
    text = refusal(
        f"timeline: [{{at: 1s, prompt: a}}]\nsession: {{playout_delay: {{min: 0s, max: 0s}}}}\n"
        f'matrix: {{"{path}": [0s]}}\n'
    )
    assert "is not a field that a matrix can vary" in text


def test_no_secret_of_any_target_can_be_varied() -> None:
    paths = field_paths.matrix_paths()
    assert {"target.resolution", "target.url", "target.room"} <= set(paths)
    assert not SECRET_FIELDS & set(paths)


def test_the_number_of_cells_is_bounded() -> None:
    seeds = ", ".join(map(str, range(101)))
    fps = ", ".join(map(str, range(1, 11)))
    text = refusal(f"matrix: {{seed: [{seeds}], source.fps: [{fps}]}}\n")
    assert f"the matrix has 1010 cells; allowed: at most {MAX_CELLS}" in text


def test_a_matrix_that_is_no_mapping_is_refused() -> None:
    assert "allowed: a mapping of field paths to lists of values" in refusal("matrix: [1]\n")


def test_an_empty_matrix_is_no_matrix() -> None:
    assert [cell.name for cell in cells(scenario("matrix: {}\n"))] == ["default"]


def test_a_cell_that_was_never_validated_is_refused_by_name() -> None:
    it = Scenario.model_validate(
        {
            "name": "raw",
            "target": {"kind": "loopback", "model": "lucy-2.1"},
            "matrix": {"publish.codec": ["vp7"]},
        }
    )
    with pytest.raises(ScenarioError, match=r"scenario raw: matrix\.publish\.codec\[0\]: found"):
        cells(it)


def test_the_document_of_a_cell_loads_as_the_scenario_of_the_cell() -> None:
    it = scenario("matrix: {publish.codec: [vp8, h264], source.fps: [25, 30]}\n")
    for cell in cells(it):
        assert Scenario.model_validate(resolved(cell.scenario)) == cell.scenario


def slugs(more: str) -> list[str]:
    return [cell.slug for cell in cells(loads(MINIMAL + more))]


def test_a_plain_name_is_its_own_slug() -> None:
    assert slugs("matrix: {publish.codec: [vp8], publish.max_bitrate: [500kbps, 2Mbps]}\n") == [
        "publish.codec=vp8,publish.max_bitrate=500kbps",
        "publish.codec=vp8,publish.max_bitrate=2Mbps",
    ]


def test_slugs_are_unique_where_a_file_system_ignores_case_or_forbids_characters() -> None:
    found = slugs('matrix: {session.prompt: ["a/b", "a:b", "a b", A-b, a-b, "../..", "日本"]}\n')
    assert len({slug.lower() for slug in found}) == len(found)
    for slug in found:
        assert set(slug) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-"
        )
        assert len(slug) <= 100


def test_long_names_have_slugs_of_at_most_100_characters() -> None:
    common = "x" * 200
    found = slugs(f"matrix: {{session.prompt: [{common}1, {common}2]}}\n")
    assert all(len(slug) <= 100 for slug in found)
    assert len(set(found)) == 2

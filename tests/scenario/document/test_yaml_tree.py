"""The YAML reader: exact places, YAML 1.2 values, and bounds that nothing gets around."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from g2gbench.scenario.document.yaml_tree import (
    MAX_DEPTH,
    MAX_VALUES,
    Scalar,
    Table,
    core_value,
    describe,
    from_plain,
    plain,
    read_document,
)
from g2gbench.scenario.problems import Place, ScenarioError
from tests.drawn import drawn


def scalar(tree: Table, *keys: str) -> Scalar:
    node: object = tree
    for key in keys:
        assert isinstance(node, Table)
        entry = node.get(key)
        assert entry is not None
        node = entry.value
    assert isinstance(node, Scalar)
    return node


def read(text: str) -> Table:
    tree, problems = read_document(text, "f")
    assert problems == []
    return tree


def refusal(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_document(text, "f")
    return str(caught.value)


def test_places_are_exact_in_block_and_in_flow_mappings() -> None:
    tree = read('a: 1\nb:\n  c: {d: 2, "e": three, f: [4]}\n')
    assert scalar(tree, "a").place == Place("f", 1, 4)
    assert scalar(tree, "b", "c", "d").place == Place("f", 3, 10)
    assert scalar(tree, "b", "c", "e").place == Place("f", 3, 18)
    inner = tree.entries[1].value
    assert isinstance(inner, Table)
    flow = inner.entries[0].value
    assert isinstance(flow, Table)
    assert flow.entries[1].place == Place("f", 3, 13)


def test_a_byte_order_mark_and_windows_lines_do_not_shift_places() -> None:
    assert scalar(read("\ufeffa: 1\r\nb: 2\r\n"), "b").place == Place("f", 2, 4)


def test_a_key_without_a_value_is_placed_at_the_key() -> None:
    assert scalar(read("a: 1\n\nbcd:\n\ne: 2\n"), "bcd").place == Place("f", 3, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
        ("2024-01-01", "2024-01-01"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_plain_scalars_follow_the_yaml_1_2_core_schema(text: str, value: object) -> None:
    result = core_value(text)
    assert result == value
    assert type(result) is type(value)


def test_not_a_number_is_read_as_such() -> None:
    value = core_value(".nan")
    assert isinstance(value, float)
    assert value != value


def test_quoted_scalars_stay_text() -> None:
    assert plain(read('{a: "1", b: \'true\', c: ""}')) == {"a": "1", "b": "true", "c": ""}


def test_aliases_expand_to_equal_values_at_the_place_of_the_alias() -> None:
    tree = read("a: &x {b: 1}\nc: *x\n")
    assert plain(tree) == {"a": {"b": 1}, "c": {"b": 1}}
    assert tree.entries[1].value.place == Place("f", 2, 4)


def test_an_alias_bomb_is_refused_before_it_expands() -> None:
    levels = "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert f"more than {MAX_VALUES} values, aliases expanded" in refusal(
        "a: &a [x, x, x, x, x, x, x, x, x]\n" + levels
    )


def test_nesting_is_bounded_also_through_aliases() -> None:
    assert f"nested more than {MAX_DEPTH} levels" in refusal("a: " + "[" * 100_000)
    half = "[" * 12 + "]" * 12
    deep = "a: &a " + half + "\nb: " + "[" * 12 + "*a" + "]" * 12
    assert "levels deep, aliases expanded" in refusal(deep)


def test_nesting_up_to_the_bound_is_read() -> None:
    inner = MAX_DEPTH - 1
    assert plain(read("a: " + "[" * inner + "]" * inner))["a"] is not None


def test_the_number_of_values_is_bounded() -> None:
    assert f"more than {MAX_VALUES} values" in refusal("a: [" + "1," * (MAX_VALUES + 1) + "]")


def test_the_size_is_bounded_in_bytes_not_characters() -> None:
    assert refusal("# " + "é" * 600_000) == "f: larger than 1 MiB"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("? {a: b}\n: c", "a key must be text, not a mapping or a list"),
        ("a: &x y\n*x : c", "a key must be text, not an alias"),
        ('a: "\\UFFFFFFFF"', "not valid YAML"),
        ("a: \ud800", "the character #xd800 is not allowed"),
        ("a: b\nc: \x07", "f:2:4: not valid YAML: the character #x0007 is not allowed"),
        ("%YAML 9.9\n---\na: b", "not valid YAML"),
        ("a: b\n\tc: d", "f:2:1: not valid YAML"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_a_sentence(text: str, reason: str) -> None:
    assert reason in refusal(text)


def test_duplicates_and_tags_are_all_told_and_read_over() -> None:
    tree, problems = read_document("a: {b: 1, b: 2}\nc: !!str 3\na: !x {}\n", "f")
    assert [(p.line, p.column, p.path) for p in problems] == [
        (1, 11, "a.b"),
        (2, 4, ""),
        (3, 4, ""),
        (3, 1, "a"),
    ]
    assert plain(tree) == {"a": {"b": 1}, "c": 3}


def test_a_duplicate_inside_a_list_names_its_index() -> None:
    _, problems = read_document("a: [0, {b: 1, b: 2}]", "f")
    assert problems[0].path == "a[1].b"


def test_long_and_unprintable_text_is_shown_short_and_escaped() -> None:
    assert len(describe(Scalar(Place("f"), "x" * 1000, "x" * 1000))) < 90
    assert describe(Scalar(Place("f"), "a\nb", "a\nb")) == '"a\\nb"'


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@drawn(20, 500, data=st.dictionaries(st.text(max_size=3), JSON_VALUES))
def test_a_tree_of_plain_data_gives_the_data_back(data: dict[str, object]) -> None:
    assert plain(from_plain(data, Place("f"))) == data


def test_json_escapes_of_a_character_beyond_the_basic_plane_are_that_character() -> None:
    table, problems = read_document('{"a": "x \\ud83d\\ude00", "\\ud83d\\ude00": 1}', "t.json")
    assert (plain(table), problems) == ({"a": "x 😀", "😀": 1}, [])


@pytest.mark.parametrize("merged", ["*b", "[*b, {d: 3}]", "{c: 1}"])
def test_a_merge_key_is_one_problem_at_its_place(merged: str) -> None:
    table, (problem,) = read_document(f"b: &b {{c: 1}}\nx: {{<<: {merged}, e: 2}}", "t.yaml")
    assert (problem.line, problem.column, problem.path) == (2, 5, "x.<<")
    assert "merge keys" in problem.message
    assert plain(table)["x"]["c"] == 1  # nothing is reported as missing besides
    assert read_document('x: {"<<": 2}', "t.yaml")[1] == []  # a key of that name

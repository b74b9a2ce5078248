"""What processes send each other: each message arrives as it was sent, or is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from g2gbench.process.message import Failed, Lost, Message, Stalled, from_json
from g2gbench.secrecy import Unshown

SECRET = "a-secret-of-mine"


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Camera:
    kind: Literal["camera"] = "camera"
    device: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    sizes: tuple[Size, ...] = ()
    kind: Literal["file"] = "file"


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: Unshown


@dataclass(frozen=True, slots=True)
class Plan(Message):
    name: str
    source: Camera | File
    seconds: float = 1.0
    wanted: bool = False
    bounds: tuple[int, int] | None = None
    reach: tuple[tuple[str, int], ...] = ()
    log: Path | None = None
    login: Login | None = None
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish(Message):
    """It says all by its name."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Made by a function that tells that it was called: each mark comes out tenfold."""

    at: tuple[int, ...]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Marks:
        if not data["at"]:
            raise ValueError("marks: at least one is needed")
        return cls(tuple(10 * at for at in data["at"]))


@dataclass(frozen=True, slots=True)
class Marked(Message):
    read_by: ClassVar[Mapping[type, Callable[[Any], Any]]] = {Marks: Marks.of}

    marks: Marks
    more: Camera | Marks | None = None


@dataclass(frozen=True, slots=True)
class Unmarked(Message):
    marks: Marks


@dataclass(frozen=True, slots=True)
class Curve:
    """Has a form of its own, and tells by its sum that it was made of it."""

    points: tuple[Size, ...]
    total: int = 0

    @classmethod
    def of(cls, data: list[list[int]]) -> Curve:
        return cls(tuple(Size(*pair) for pair in data), sum(map(sum, data)))

    def as_plain(self) -> list[list[int]]:
        return [[point.width, point.height] for point in self.points]


@dataclass(frozen=True, slots=True)
class Band:
    upper: Curve
    lower: Camera | Curve | None = None


@dataclass(frozen=True, slots=True)
class Drawn(Message):
    read_by: ClassVar[Mapping[type, Callable[[Any], Any]]] = {Curve: Curve.of}

    band: Band


@dataclass(frozen=True, slots=True)
class Sketch(Message):
    curve: Curve


@dataclass(frozen=True, slots=True)
class Anything(Message):
    value: object


PLANS = {
    "defaults": Plan("a", Camera()),
    "text": Plan("räuberisch 🏙\n“zwei”", Camera(device="/dev/video0")),
    "numbers": Plan("a", Camera(), 0.1 + 0.2, wanted=True, bounds=(0, 100)),
    "whole seconds": Plan("a", Camera(), 3),
    "nested": Plan("a", File(Path("/a b/c.y4m"), (Size(640, 360), Size(2, 2)))),
    "tuples of tuples": Plan("a", Camera(), reach=(("127.0.0.1", 7882), ("::1", 1))),
    "path": Plan("a", Camera(), log=Path("some/where.log")),
    "names and numbers": Plan("a", Camera(), counts={"sent": 3, "räume": -(2**60)}),
    "secret": Plan("a", Camera(), login=Login("me", Unshown(SECRET))),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_a_message_arrives_as_it_was_sent(plan: Plan) -> None:
    line = plan.to_json()
    assert "\n" not in line
    found = from_json(line, (Finish, Plan))
    assert found == plan
    assert type(found) is Plan


def test_a_message_without_fields_is_its_name() -> None:
    assert Finish().to_json() == '{"Finish":{}}'
    assert from_json(Finish().to_json(), (Plan, Finish)) == Finish()


@pytest.mark.parametrize(
    "sent", [Failed("no “room”"), Lost("no “room”"), Stalled(0.1 + 0.2, 2**60)], ids=repr
)
def test_what_any_child_may_answer_arrives_as_it_was_sent_and_as_its_own_kind(
    sent: Message,
) -> None:
    """Two of them have the same fields: their names alone tell them apart."""
    kinds: tuple[type[Message], ...] = (Failed, Lost, Stalled)
    assert from_json(sent.to_json(), kinds) == sent


def test_what_a_line_leaves_out_has_its_default() -> None:
    assert from_json('{"Plan":{"name":"a","source":{}}}', (Plan,)) == Plan("a", Camera())


def test_each_value_arrives_as_its_own_type() -> None:
    sent = Plan("a", File(Path("b"), (Size(1, 2),)), log=Path("c"), reach=(("d", 1),))
    found = from_json(sent.to_json(), (Plan,))
    assert isinstance(found.source, File)
    assert isinstance(found.source.path, Path)
    assert isinstance(found.log, Path)
    kinds = [type(value) for value in (found.source.sizes, found.source.sizes[0], *found.reach)]
    assert kinds == [tuple, Size, tuple]


@pytest.mark.parametrize("source", [Camera(), File(Path("x"))], ids=["camera", "file"])
def test_the_kind_of_a_union_is_found_by_its_fields(source: Camera | File) -> None:
    assert type(from_json(Plan("a", source).to_json(), (Plan,)).source) is type(source)


def test_a_secret_is_revealed_in_the_line_and_hidden_again_where_it_arrives() -> None:
    plan = Plan("a", Camera(), login=Login("me", Unshown(SECRET)))
    assert SECRET not in repr(plan)
    assert f'"{SECRET}"' in plan.to_json()
    found = from_json(plan.to_json(), (Plan,))
    assert SECRET not in repr(found)
    assert found.login is not None
    assert type(found.login.password) is Unshown
    assert found.login.password == SECRET


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", Size])
def test_what_has_no_form_in_a_line_cannot_be_told(value: object) -> None:
    with pytest.raises(TypeError, match=f"^{type(value).__name__} is nothing that a process can"):
        Anything(value).to_json()


@pytest.mark.parametrize(
    "line",
    ["[]", "1", "null", '"Plan"', "{}", '{"Start":{}}', '{"Finish":{},"Plan":{}}', '{"plan":{}}'],
)
def test_a_line_without_a_message_is_refused_with_those_that_are_allowed(line: str) -> None:
    with pytest.raises(ValueError, match=r"^a line without a message; allowed: Finish, Plan$"):
        from_json(line, (Finish, Plan))


def test_a_line_is_refused_where_no_message_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"^a line without a message; allowed: none$"):
        from_json(Finish().to_json(), ())


@pytest.mark.parametrize("line", ["", "nonsense", '{"Plan":'])
def test_a_line_that_is_no_json_is_refused_with_its_place(line: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting value: line 1 column \d"):
        from_json(line, (Plan,))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"nmae": "b"}, 'can not match "nmae" to any data class field'),
        ({"name": None}, 'field "name" - should be "str" instead of value "None"'),
        ({"name": 7}, 'field "name" - should be "str" instead of value "7" of type "int"'),
        ({"seconds": "1"}, 'field "seconds" - should be "float" instead of value "1"'),
        ({"wanted": "yes"}, 'field "wanted" - should be "bool"'),
        ({"bounds": [1]}, 'field "bounds"'),
        ({"bounds": [1, "2"]}, 'field "bounds"'),
        ({"bounds": 1}, "'int' object is not iterable"),
        ({"reach": [["a", 1, 2]]}, 'field "reach"'),
        ({"log": 7}, "not 'int'|not int"),
        ({"source": {"kind": "screen"}}, 'can not match type "dict" to any type of "source"'),
        ({"source": {"path": "b", "device": "c"}}, 'to any type of "source" union'),
        ({"source": {"path": "b", "sizes": [{"width": 1}]}}, 'to any type of "source" union'),
        ({"source": None}, 'can not match type "NoneType" to any type of "source"'),
        ({"counts": {"sent": "3"}}, 'field "counts"'),
        ({"counts": [["sent", 3]]}, 'field "counts"'),
        ({"login": {"user": "me"}}, 'missing value for field "login.password"'),
        ({"login": {"user": 1, "password": SECRET}}, 'field "login.user" - should be "str"'),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_with_what_is_wrong(
    values: dict[str, Any], words: str
) -> None:
    line = json.dumps({"Plan": {"name": "a", "source": {}} | values})
    with pytest.raises(ValueError, match=words) as refused:
        from_json(line, (Plan,))
    assert str(refused.value).startswith("Plan: ")
    assert SECRET not in str(refused.value)


def test_a_field_without_a_default_is_needed() -> None:
    with pytest.raises(ValueError, match=r'^Plan: missing value for field "source"$'):
        from_json('{"Plan":{"name":"a"}}', (Plan,))


@pytest.mark.parametrize("values", ["[]", "1", "null", '"a"'])
def test_the_fields_of_a_message_are_an_object(values: str) -> None:
    with pytest.raises(ValueError, match=r"^Plan: "):
        from_json(f'{{"Plan":{values}}}', (Plan,))


def test_a_type_of_read_by_is_made_by_its_function_wherever_it_stands() -> None:
    sent = Marked(Marks((1, 2)), Marks((3,)))
    assert from_json(sent.to_json(), (Marked,)) == Marked(Marks((10, 20)), Marks((30,)))


def test_read_by_holds_for_its_own_message_alone() -> None:
    kinds: tuple[type[Message], ...] = (Marked, Unmarked)
    assert from_json(Unmarked(Marks((1, 2))).to_json(), kinds) == Unmarked(Marks((1, 2)))


def test_what_a_function_of_read_by_refuses_is_refused_in_its_words() -> None:
    with pytest.raises(ValueError, match="marks: at least one is needed"):
        from_json('{"Marked":{"marks":{"at":[]}}}', (Marked,))


def test_a_value_with_a_form_of_its_own_is_sent_in_it_and_made_of_it_wherever_it_stands() -> None:
    upper, lower = Curve((Size(1, 2), Size(3, 4))), Curve((Size(5, 6),))
    line = Drawn(Band(upper, lower)).to_json()
    assert line == '{"Drawn":{"band":{"upper":[[1,2],[3,4]],"lower":[[5,6]]}}}'
    found = from_json(line, (Drawn,))
    assert found == Drawn(Band(Curve(upper.points, 10), Curve(lower.points, 11)))


def test_a_value_with_a_form_of_its_own_needs_a_function_that_reads_it() -> None:
    line = Sketch(Curve((Size(1, 2),))).to_json()
    assert line == '{"Sketch":{"curve":[[1,2]]}}'
    with pytest.raises(ValueError, match=r"^Sketch: "):
        from_json(line, (Sketch,))

"""Rules of single fields: how a value of a document becomes the value that the program uses.

A rule is in the annotation of a model's field. It parses, renders back and describes itself as
JSON Schema, so that loading, ``scenario show`` and ``scenario schema`` cannot disagree.
"""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from g2gbench.scenario.problems import Refused
from g2gbench.secrecy import MASK, SHORTEST, masked_url

SMALLEST = (192, 32)
"""The smallest source that has room for a marker, (width, height) in pixels."""

LARGEST = (3840, 2160)
"""The largest source, (width, height) in pixels."""

T = TypeVar("T")

REFUSED = "refused"
"""The type of the pydantic error that carries a Refused; its ``ctx`` has the fields."""

_IN_QUOTES = "it must be put in quotes to be text"


def as_pydantic_error(refused: Refused) -> PydanticCustomError:
    """The pydantic error that carries a Refused."""
    return PydanticCustomError(
        REFUSED,
        "value refused",
        {"message": refused.message, "allowed": refused.allowed, "nearest": refused.nearest},
    )


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[T]):
    """Base of all rules: validator, serializer and JSON Schema of one field.

    Null is no matter of a rule: a field that may be null is ``Annotated[T, Rule()] | None``.
    """

    def parse(self, value: object) -> object:
        """The value to use; raises Refused."""
        raise NotImplementedError

    def render(self, value: T) -> object:
        """The value as a document writes it."""
        return value

    def schema(self) -> dict[str, object]:
        """JSON Schema of the values that ``parse`` accepts, as far as it can say."""
        return {}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validate, serialization=self._serialization()
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return self.schema()

    def _validate(self, value: object) -> object:
        try:
            return self.parse(value)
        except Refused as refused:
            raise as_pydantic_error(refused) from None

    def _serialization(self) -> core_schema.PlainSerializerFunctionSerSchema:
        return core_schema.plain_serializer_function_ser_schema(self.render)


@dataclass(frozen=True, kw_only=True)
class BeforeRule(Rule[T]):
    """A rule that makes what the field's own type can read, such as a mapping of a word."""

    def of_type(self, type_schema: dict[str, object]) -> dict[str, object]:
        """JSON Schema of what is accepted, given that of the field's own type."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            self._validate, handler(source), serialization=self._serialization()
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return self.of_type(handler(schema))


@dataclass(frozen=True, kw_only=True)
class Flag(Rule[bool]):
    """``true`` or ``false``, as far as allowed; nothing else is a boolean."""

    values: tuple[bool, ...] = (True, False)

    def parse(self, value: object) -> bool:
        if isinstance(value, bool) and value in self.values:
            return value
        raise Refused(allowed=["true" if known else "false" for known in self.values])

    def schema(self) -> dict[str, object]:
        return {"type": "boolean", "enum": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class Text(Rule[str]):
    """Text of a bounded length, without control characters other than line breaks and tabs."""

    shortest: int = 0
    longest: int = 5000

    def parse(self, value: object) -> str:
        allowed = (f"text of {self.shortest} to {self.longest} characters",)
        if not isinstance(value, str):
            number = isinstance(value, int | float)
            raise Refused(_IN_QUOTES if number else "", allowed=allowed)
        if not self.shortest <= len(value) <= self.longest:
            raise Refused(f"it has {len(value)} characters", allowed=allowed)
        if any(_is_control(character) for character in value):
            raise Refused("it contains control characters", allowed=allowed)
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "string", "minLength": self.shortest, "maxLength": self.longest}


@dataclass(frozen=True, kw_only=True)
class Device(Rule[str]):
    """A camera: its number, or its path."""

    def parse(self, value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100:
            return str(value)
        if isinstance(value, str) and value and not any(map(_is_control, value)):
            return value
        raise Refused(allowed=("a number from 0 to 99", "a path, /dev/video0 for example"))

    def render(self, value: str) -> object:
        return int(value) if value.isdecimal() else value

    def schema(self) -> dict[str, object]:
        number = {"type": "integer", "minimum": 0, "maximum": 99}
        return {"anyOf": [number, {"type": "string", "minLength": 1}]}


def _is_control(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in (
        "\ufeff\ufffe\uffff"
    )


@dataclass(frozen=True, kw_only=True)
class Name(Rule[str]):
    """A name that is safe in file names: letters, digits, dot, dash and underscore."""

    pattern: str = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

    def parse(self, value: object) -> str:
        if isinstance(value, str) and re.fullmatch(self.pattern[1:-1], value):
            return value
        raise Refused(
            _IN_QUOTES if isinstance(value, int | float) else "",
            allowed=("1 to 64 letters, digits, dots, dashes and underscores",),
        )

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": self.pattern}


@dataclass(frozen=True, kw_only=True)
class Whole(Rule[int]):
    """A whole number between two bounds."""

    least: int
    most: int

    def parse(self, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool):  # noqa: SIM102 - kind first, then range
            if self.least <= value <= self.most:
                return value
        raise Refused(allowed=(f"a whole number from {self.least} to {self.most}",))

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, kw_only=True)
class Number(Rule[float]):
    """A plain number between two bounds, for what has no unit to write (frames per second)."""

    least: float
    most: float

    def parse(self, value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):  # noqa: SIM102 - kind first, then range
            if math.isfinite(value) and self.least <= value <= self.most:
                return float(value)
        raise Refused(allowed=(f"a number from {self.least:g} to {self.most:g}",))

    def render(self, value: float) -> object:
        return int(value) if value.is_integer() else value

    def schema(self) -> dict[str, object]:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


class Size(NamedTuple):
    """Width and height of a frame in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, kw_only=True)
class FrameSize(Rule[Size]):
    """``640x360``: even width and height within what a marker and the encoders can take."""

    def parse(self, value: object) -> Size:
        allowed = (f"WIDTHxHEIGHT, both even, {Size(*SMALLEST)} to {Size(*LARGEST)}",)
        match = (
            re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", value) if isinstance(value, str) else None
        )
        if match is None:
            raise Refused(allowed=allowed)
        size = Size(int(match[1]), int(match[2]))
        if size.width % 2 or size.height % 2:
            raise Refused("width and height must be even", allowed=allowed)
        for pixels, least, most in zip(size, SMALLEST, LARGEST, strict=True):
            if not least <= pixels <= most:
                raise Refused(allowed=allowed)
        return size

    def render(self, value: Size) -> object:
        return str(value)

    def schema(self) -> dict[str, object]:
        even = "[1-9][0-9]{0,3}[02468]|[02468]"
        return {"type": "string", "pattern": f"^({even})x({even})$", "examples": ["640x360"]}


@dataclass(frozen=True, kw_only=True)
class Address(Rule[str]):
    """A URL with one of a few schemes; ``${NAME}`` of the environment is allowed in it."""

    schemes: tuple[str, ...]

    def parse(self, value: object) -> str:
        allowed = (f"a URL that begins with {' or '.join(f'{s}://' for s in self.schemes)}",)
        if not isinstance(value, str) or len(value) > 2000 or any(map(str.isspace, value)):
            raise Refused(allowed=allowed)
        begins = tuple(f"{scheme}://" for scheme in self.schemes)
        if not value.startswith((*begins, "${")) or value in begins:
            raise Refused(allowed=allowed)
        return value

    def render(self, value: str) -> object:
        return masked_url(value)

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": rf"^(({'|'.join(self.schemes)})://.|\$\{{)"}


@dataclass(frozen=True, kw_only=True)
class Secret(Rule[SecretStr]):
    """A key; ``${NAME}`` of the environment is where it belongs. Never rendered."""

    def parse(self, value: object) -> SecretStr:
        if not isinstance(value, str) or not value:
            raise Refused(allowed=("text, such as ${NAME} of the environment",))
        if len(value) < SHORTEST and value != MASK:
            raise Refused(
                "a key too short to be told from other text, so that it could not be kept out of "
                "logs and reports",
                allowed=(f"{SHORTEST} characters or more",),
            )
        return SecretStr(value)

    def render(self, value: SecretStr) -> object:
        return MASK

    def schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": rf"^(.{{{SHORTEST},}}|\*\*\*|\$\{{.*)$"}

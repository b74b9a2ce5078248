"""The shape of a scenario as data: which keys a section has, and every path to a field."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from g2gbench.scenario.fields.rules import Rule
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.sections import SECRET_FIELDS

_NOT_IN_A_MATRIX = frozenset(
    ("name", "description", "matrix", "repeat", "expect", "profiles", "quality")
)


def rule_of(field: FieldInfo) -> Rule[object] | None:
    """The rule in a field's annotation, if it has one."""
    optional = (part for part in get_args(field.annotation) if get_origin(part) is Annotated)
    found = (*field.metadata, *(item for part in optional for item in get_args(part)))
    return next((item for item in found if isinstance(item, Rule)), None)


def words_of(annotation: object) -> tuple[str, ...]:
    """The words of the Literal that an annotation allows, whether alone, optional or in a list."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in words_of(part))


def sections_in(annotation: object) -> tuple[type[Section], ...]:
    """The section classes that a field can hold, whether alone, optional, in a list or a union."""
    if inspect.isclass(annotation) and issubclass(annotation, Section):
        return (annotation,)
    return tuple(found for part in get_args(annotation) for found in sections_in(part))


def field_at(location: tuple[str | int, ...]) -> FieldInfo | None:
    """The field at a location; None where no section of this version has one."""
    *above, last = _without_index(location)
    for section in _sections_at(tuple(above)):
        field = fields_of(section).get(str(last))
        if field is not None:
            return field
    return None


def _without_index(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """A location without the place in a list that it may end with."""
    return location[:-1] if location and isinstance(location[-1], int) else location


def keys_at(location: tuple[str | int, ...], kind: str | None = None) -> tuple[str, ...]:
    """The keys that a document may have at a location; ``kind`` is the discriminator there.

    Empty where no section is.
    """
    sections = _sections_at(location)
    chosen = [section for section in sections if kind in _kinds(section)] or sections
    return tuple(dict.fromkeys(key for section in chosen for key in fields_of(section)))


def _sections_at(location: tuple[str | int, ...]) -> tuple[type[Section], ...]:
    sections: tuple[type[Section], ...] = (Scenario,)
    any_key = False  # the part is a name that the document chooses, or a place in a list
    for part in location:
        if any_key or isinstance(part, int):
            any_key = False
            continue
        fields = [fields_of(section)[part] for section in sections if part in fields_of(section)]
        sections = tuple(inner for field in fields for inner in sections_in(field.annotation))
        any_key = any(get_origin(field.annotation) is dict for field in fields)
    return () if any_key else sections


def fields_of(section: type[Section]) -> dict[str, FieldInfo]:
    """The fields of a section by their keys in a document."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _kinds(section: type[Section]) -> tuple[object, ...]:
    field = section.model_fields.get("kind")
    return () if field is None else get_args(field.annotation)


def matrix_paths() -> tuple[str, ...]:
    """Every dotted path that ``matrix:`` may vary."""
    paths = dict.fromkeys(_paths(Scenario, ""))  # kinds of a section share some of their fields
    return tuple(
        path
        for path in paths
        if path.partition(".")[0] not in _NOT_IN_A_MATRIX and path not in SECRET_FIELDS
    )


def field_paths() -> tuple[str, ...]:
    """Every dotted path to a field, secrets left out."""
    return tuple(path for path in dict.fromkeys(_paths(Scenario, "")) if path not in SECRET_FIELDS)


def _paths(section: type[Section], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield f"{prefix}{name}"
        # What may be a word, and a list, are varied as a whole.
        if name not in ("timeline", "playout_delay", "room"):
            for inner in sections_in(field.annotation):
                yield from _paths(inner, f"{prefix}{name}.")

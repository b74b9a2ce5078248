"""The scenario file as JSON Schema (draft 2020-12), so that editors complete and check it."""

from __future__ import annotations

from typing import Any, get_args

from pydantic.fields import FieldInfo

from g2gbench.scenario.fields.expectation import Expect
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.field_paths import fields_of, matrix_paths, rule_of, sections_in
from g2gbench.scenario.model.room import RoomSection
from g2gbench.scenario.model.scenario import MOST_EXPECTATIONS, MOST_TIMELINE_ENTRIES, Scenario
from g2gbench.scenario.model.sections import PlayoutDelay
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.scenario.network.profiles import Profile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a scenario file.

    What only a comparison of fields or of numbers with units can tell is left to
    ``scenario validate``.
    """
    definitions: dict[str, Any] = {}
    root = _section(Scenario, definitions)
    for mapping in (PlayoutDelay, Profile, RoomSection):  # which a rule alone refers to
        _reference(mapping, definitions)
    definitions["MatrixPath"] = {"type": "string", "enum": list(matrix_paths())}
    return {
        "$schema": DIALECT,
        "title": "g2gbench scenario",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _section(section: type[Section], definitions: dict[str, Any]) -> dict[str, Any]:
    fields = fields_of(section)
    return {
        "description": (section.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": {name: _field(name, field, definitions) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.is_required()],
        "additionalProperties": False,
    }


def _field(name: str, field: FieldInfo, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = _type(name, field, definitions)
    about_values = schema.pop("description", "")
    sentences = [
        field.description or "",
        f"{about_values[0].upper()}{about_values[1:]}." if about_values else "",
    ]
    if any(sentences):
        schema = {"description": " ".join(filter(None, sentences)), **schema}
    if not field.is_required():
        schema["default"] = _default(field)
    return schema


def _type(name: str, field: FieldInfo, definitions: dict[str, Any]) -> dict[str, Any]:
    rule = rule_of(field)
    if rule is not None:
        return _or_null(rule.schema()) if rule.nullable else rule.schema()
    if name == "expect":
        return {"type": "array", "items": Expect().schema(), "maxItems": MOST_EXPECTATIONS}
    sections = sections_in(field.annotation)
    if not sections:
        return {"type": "string", "enum": list(get_args(field.annotation))}
    references = [_reference(section, definitions) for section in sections]
    reference = references[0] if len(references) == 1 else {"oneOf": references}
    if name == "timeline":
        return {"type": "array", "items": reference, "maxItems": MOST_TIMELINE_ENTRIES}
    return _or_null(reference) if type(None) in get_args(field.annotation) else reference


def _reference(section: type[Section], definitions: dict[str, Any]) -> dict[str, Any]:
    name = section.__name__.removesuffix("Section")
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _section(section, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    description = schema.pop("description", None)
    either: dict[str, Any] = {"anyOf": [schema, {"type": "null"}]}
    return {"description": description, **either} if description else either


def _default(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True)
    rule = rule_of(field)
    if rule is not None:
        return rule.render(value)
    if isinstance(value, Section):
        return document_of(value)
    return list(value) if isinstance(value, tuple) else value

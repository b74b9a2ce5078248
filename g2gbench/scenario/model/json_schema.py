"""The scenario file as JSON Schema (draft 2020-12), so that editors complete and check it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from g2gbench.scenario.model.field_paths import fields_of, matrix_paths, rule_of
from g2gbench.scenario.model.scenario import Scenario


def json_schema() -> dict[str, Any]:
    """The schema of a scenario file.

    What only a comparison of fields or of numbers with units can tell is left to
    ``scenario validate``.
    """
    schema = Scenario.model_json_schema(schema_generator=_Generator)
    definitions = {**schema.pop("$defs"), "MatrixPath": {"enum": list(matrix_paths())}}
    schema["properties"]["matrix"]["propertyNames"] = {"$ref": "#/$defs/MatrixPath"}
    return {
        "$schema": _Generator.schema_dialect,
        "title": "g2gbench scenario",
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's own, for readers: what a value may be beside what it is for, no made-up titles."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name).removesuffix("Section")

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value  # in the order of the fields

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])  # as a document writes it: see model_schema

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        return {"oneOf": super().tagged_union_schema(schema)["oneOf"]}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        section = schema["cls"]
        found = super().model_schema(schema)
        properties = {
            name: {**about, **found["properties"][name], **about, **_default(field)}
            for name, field in fields_of(section).items()
            for about in [_description(field)]  # first, and instead of what is said of values alone
        }
        return {
            "description": (section.__doc__ or "").partition("\n")[0],
            "type": "object",
            "properties": properties,
            "required": found.get("required", []),
            "additionalProperties": False,
        }


def _description(field: FieldInfo) -> dict[str, object]:
    """Return a field's description and that of its values."""
    rule = rule_of(field)
    values = str(rule.schema().get("description", "")) if rule is not None else ""
    sentences = (field.description, values and f"{values[0].upper()}{values[1:]}.")
    text = " ".join(filter(None, sentences))
    return {"description": text} if text else {}


def _default(field: FieldInfo) -> dict[str, object]:
    if field.is_required():
        return {}
    annotated: Any = Annotated[field.annotation, *field.metadata, field.description]
    value = field.get_default(call_default_factory=True)
    return {"default": TypeAdapter(annotated).dump_python(value, mode="json", by_alias=True)}

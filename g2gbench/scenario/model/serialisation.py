"""A scenario written back: the complete document, defaults included, units restored."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from g2gbench.scenario.document.yaml_tree import core_value
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.network.traces import Trace
from g2gbench.secrecy import Unshown

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,%<>=_/()'-]*")


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The complete document of a scenario, as JSON values; secrets are ``***``.

    A trace is named by its file and checksum. Loading it gives an equal scenario, except for
    secrets, of a URL too. null stands for what a matrix over ``target`` or ``source`` leaves open.
    """
    return document_of(scenario)


def document_of(section: Section) -> dict[str, object]:
    """The document form of a section, as JSON values."""
    return section.model_dump(mode="json", by_alias=True)


def revealed(section: Section) -> dict[str, object]:
    """The document form with what ``document_of`` leaves out: secrets, and traces as they are.

    For making cells, never for output.
    """
    return _section_revealed(section, document_of(section))


def _section_revealed(section: Section, document: Mapping[str, object]) -> dict[str, object]:
    fields = type(section).model_fields.items()
    keys = ((name, field.alias or name) for name, field in fields)
    return {key: _revealed(getattr(section, name), document[key]) for name, key in keys}


def _revealed(value: object, written: object) -> object:
    match value, written:
        case SecretStr(), _:
            return Unshown(value.get_secret_value())
        case (Trace(), _) | (str(), str()):
            return value
        case Section(), dict():
            return _section_revealed(value, written)
        case dict(), dict():
            return {key: _revealed(item, written[key]) for key, item in value.items()}
        case (list() | tuple(), list()):
            return [_revealed(*pair) for pair in zip(value, written, strict=True)]
        case _:
            return written


def to_yaml(scenario: Scenario) -> str:
    """The resolved document as YAML text."""
    return yaml_of(resolved(scenario))


def yaml_of(document: object) -> str:
    """Plain values as YAML text; reading it gives the same ones."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.width = 1 << 30  # where it folds, two spaces would be one when it is read again
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


class _Representer(SafeRepresenter):
    """Quotes all text but the plainest: ruamel.yaml leaves some bare that it cannot read again."""


def _represent_text(representer: Any, text: str) -> object:
    plain = _PLAIN.fullmatch(text) and isinstance(core_value(text), str)
    style = None if plain else '"'
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(str, _represent_text)

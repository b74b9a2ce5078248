"""A scenario written back: the complete document, defaults included, units restored."""

from __future__ import annotations

import io
import re
from typing import Any

from pydantic import SecretStr
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from g2gbench.scenario.document.yaml_tree import core_value
from g2gbench.scenario.fields.rules import Address
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.field_paths import rule_of
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


def document_of(section: Section, *, reveal_secrets: bool = False) -> dict[str, Any]:
    """The document form of a section.

    ``reveal_secrets`` is for making cells, never for output; traces stay whole then, too.
    """
    document: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value, key, rule = getattr(section, name), field.alias or name, rule_of(field)
        as_it_is = name == "matrix" or isinstance(value, Trace) or isinstance(rule, Address)
        if reveal_secrets and isinstance(value, SecretStr):
            document[key] = Unshown(value.get_secret_value())
        elif reveal_secrets and as_it_is:
            document[key] = value
        elif name == "profiles":
            document[key] = {n: _document_value(p, reveal_secrets) for n, p in value.items()}
        elif rule is not None:
            document[key] = rule.render(value)
        elif name == "expect":
            document[key] = [expectation.text for expectation in value]
        else:
            document[key] = _document_value(value, reveal_secrets)
    return document


def _document_value(value: Any, reveal_secrets: bool) -> Any:
    if isinstance(value, Section):
        return document_of(value, reveal_secrets=reveal_secrets)
    if isinstance(value, tuple):
        return [_document_value(item, reveal_secrets) for item in value]
    return value


def to_yaml(scenario: Scenario) -> str:
    """The resolved document as YAML text."""
    return yaml_of(resolved(scenario))


def yaml_of(document: Any) -> str:
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


def _represent_text(representer: Any, text: str) -> Any:
    plain = _PLAIN.fullmatch(text) and isinstance(core_value(text), str)
    style = None if plain else '"'
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(str, _represent_text)

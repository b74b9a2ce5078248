"""A scenario's text and overrides as they may be kept: with every secret masked in its place.

What is masked are nodes of the document that was read, so that it does not matter how a key was
written: escaped, folded over lines, by an alias, or in a URL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pydantic import SecretStr

from g2gbench.scenario.document.overrides import parse_path, parse_value
from g2gbench.scenario.document.yaml_tree import Listing, Node, Scalar, Table, plain, read_document
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.sections import ENVIRONMENT_FIELDS, SECRET_FIELDS
from g2gbench.scenario.model.serialisation import yaml_of
from g2gbench.scenario.problems import Location, ScenarioError
from g2gbench.secrecy import MASK, forms_of, masked, masked_url, secrets_in_url

_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_FREE_FIELDS = frozenset(("description", "prompt"))


def without_secrets(
    text: str, overrides: Sequence[str] = (), secrets: Iterable[SecretStr] = ()
) -> tuple[str, tuple[str, ...]]:
    """The text and the overrides of a scenario as they may be kept.

    A text with no secret in it stays as it is, comments included; any other is written anew from
    what was read. ``secrets`` are further ones to look for, such as those of the environment.
    """
    known = [*secrets, *(one for override in overrides for one in _secrets_of_override(override))]
    try:
        tree, _ = read_document(text, "<text>")
    except ScenarioError:  # nothing ran from it
        return masked(text, forms_of(known)), tuple(
            _kept_override(each, forms_of(known)) for each in overrides
        )
    forms = forms_of([*known, *_secrets_of(tree, ())])
    kept = _changed(tree, (), forms)
    if kept != tree or any(form in text for form in forms):
        text = yaml_of(plain(kept))
    return text, tuple(_kept_override(each, forms) for each in overrides)


def secrets_of(scenario: Scenario) -> tuple[SecretStr, ...]:
    """Return the secrets of a scenario: keys, and user and password of URLs."""
    fields = dict(scenario.target)
    keys = [value for value in fields.values() if isinstance(value, SecretStr)]
    urls = [url for name in ("url", "http_url") if isinstance(url := fields.get(name), str)]
    return (*keys, *(SecretStr(part) for url in urls for part in secrets_in_url(url)))


def lacks_secrets(text: str, overrides: Sequence[str]) -> bool:
    """Return whether a kept secret was masked, so that it cannot be read again."""
    nodes = [(read_document(text, "<text>")[0], ())] if text else []
    fields = [field for node, path in nodes for field in _secret_fields(node, path)]
    for override in overrides:
        path, node = _parsed(override)
        fields.extend(_secret_fields(node, path))
    return any(MASK in value for _, value in fields)


def _secrets_of(node: Node, path: Location) -> Iterator[SecretStr]:
    for field, value in _secret_fields(node, path):
        if field in SECRET_FIELDS:
            yield from () if _REFERENCE.fullmatch(value) else (SecretStr(value),)
        else:
            yield from map(SecretStr, secrets_in_url(value))


def _secrets_of_override(override: str) -> Iterator[SecretStr]:
    path, node = _parsed(override)
    return _secrets_of(node, path)


def _secret_fields(node: Node, path: Location) -> Iterator[tuple[str, str]]:
    """(field, text) of every field that holds a key or a URL, within a matrix too."""
    if isinstance(node, Table):
        for entry in node.entries:
            yield from _secret_fields(entry.value, (*path, entry.key))
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _secret_fields(item, path)
    elif isinstance(node.value, str) and _field(path) in ENVIRONMENT_FIELDS:
        yield _field(path), node.value


def _field(path: Location) -> str:
    """The field that a path leads to: ``target.url`` also for ``matrix``'s ``target.url``."""
    words = [step for step in path if isinstance(step, str)]
    return ".".join(words[1:] if words[:1] == ["matrix"] else words)


def _changed(node: Node, path: Location, forms: Sequence[str]) -> Node:
    if isinstance(node, Table):
        entries = (
            replace(entry, value=_changed(entry.value, (*path, entry.key), forms))
            for entry in node.entries
        )
        return replace(node, entries=tuple(entries))
    if isinstance(node, Listing):
        return replace(node, items=tuple(_changed(item, path, forms) for item in node.items))
    if not isinstance(node.value, str):
        return node
    value = _kept(_field(path), node.value, forms)
    return node if value == node.value else Scalar(node.place, value, value, node.path)


def _kept(field: str, value: str, forms: Sequence[str]) -> str:
    if field in SECRET_FIELDS:
        return value if _REFERENCE.fullmatch(value) else MASK
    if field in ENVIRONMENT_FIELDS:
        return masked_url(value)
    return masked(value, forms) if field.rpartition(".")[2] in _FREE_FIELDS else value


def _kept_override(override: str, forms: Sequence[str]) -> str:
    path, node = _parsed(override)
    kept = _changed(node, path, forms)
    if kept == node:
        return override
    name = override.partition("=")[0]
    value = kept.value if isinstance(kept, Scalar) else json.dumps(plain(kept), ensure_ascii=False)
    return f"{name}={value}"


def _parsed(override: str) -> tuple[Location, Node]:
    """Return where an override puts something, and what. It was applied: it can be read."""
    path, _, text = override.partition("=")
    return parse_path(path.strip()), parse_value(text.strip(), "")[0]

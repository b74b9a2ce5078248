"""A document tree to a Scenario, every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from g2gbench.scenario.document.yaml_tree import (
    Entry,
    Listing,
    Node,
    Scalar,
    Table,
    describe,
    plain,
)
from g2gbench.scenario.fields.rules import REFUSED
from g2gbench.scenario.model.checks import check, settle
from g2gbench.scenario.model.field_paths import field_at, keys_at, rule_of, words_of
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.sections import ENVIRONMENT_FIELDS, SECRET_FIELDS
from g2gbench.scenario.problems import Location, Place, Problem, Refused, nearest_name
from g2gbench.secrecy import MASK, Unshown, masked_url

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KINDS = ("loopback", "service", "livekit")
_ALSO_READ: Mapping[str, tuple[str, ...]] = {
    "target": ("source",),
    "source": ("client",),
    "client": ("source", "publish"),
    "publish": ("client",),
    "network": ("profiles",),
    "timeline": ("session", "network", "profiles", "client", "target", "source"),
}
"""What the checks of a section read beside it: where that is wrong, they say nothing."""


def validate(tree: Table, *, complete: bool = True) -> tuple[Scenario | None, list[Problem]]:
    """The settled scenario of a tree and the problems in it; None when there are any.

    ``complete`` False leaves out the checks between fields, for a document whose matrix still has
    to fill some.
    """
    try:
        scenario = Scenario.model_validate(plain(tree))
    except ValidationError as error:
        wrong = list(_translate(tree, error))
        bad = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
        return None, [*wrong, *(_besides(tree, bad) if complete else ())]
    if complete:
        problems = [_problem(tree, location, refused) for location, refused in check(scenario)]
        if problems:
            return None, problems
    return (settle(scenario) if complete else scenario), []


def _besides(tree: Table, bad: Set[str]) -> Iterator[Problem]:
    """Yield what contradicts itself in the sections that can be read, beside those that cannot."""
    known = keys_at(())
    if "target" in bad or bad - set(known):  # a misspelt section may be the one that is missed
        return
    kept = [entry for entry in tree.entries if entry.key not in bad]
    if "name" in bad:
        kept.append(Entry("name", tree.place, Scalar(tree.place, "unnamed", "unnamed")))
    try:
        scenario = Scenario.model_validate(plain(replace(tree, entries=tuple(kept))))
    except ValidationError:  # what is left out is needed
        return
    for location, refused in check(scenario):
        section = str(location[0])
        if not bad & {section, *_ALSO_READ.get(section, ())}:
            yield _problem(tree, location, refused)


def expand_environment(
    node: Node, environment: Mapping[str, str] | None
) -> tuple[Node, list[Problem]]:
    """Put variables in the place of ``${NAME}`` in the fields meant for it; problems elsewhere.

    Without an environment the references stay as they are. Only values change: what was written
    stays what problems show.
    """
    problems: list[Problem] = []
    return _expanded(node, "", environment, problems), problems


def _expanded(
    node: Node, path: str, environment: Mapping[str, str] | None, problems: list[Problem]
) -> Node:
    if isinstance(node, Table):
        return replace(
            node,
            entries=tuple(
                replace(e, value=_expanded(e.value, _joined(path, e.key), environment, problems))
                for e in node.entries
            ),
        )
    if isinstance(node, Listing):
        items = [
            _expanded(item, f"{path}[{index}]", environment, problems)
            for index, item in enumerate(node.items)
        ]
        return replace(node, items=tuple(items))
    if not isinstance(node.value, str):
        return node
    try:
        value = node.value
        if "${" in value:
            value = _substituted(value, path, environment)
        return replace(node, value=Unshown(value) if path in SECRET_FIELDS else value)
    except Refused as refused:
        problems.append(Problem.at(node.place, path, _shown(node, path), refused))
        return node


def _shown(node: Node, path: str) -> str:
    """Return a node as a problem quotes it, secrets masked."""
    if path in SECRET_FIELDS:
        return MASK
    return masked_url(describe(node)) if path in ENVIRONMENT_FIELDS else describe(node)


def _substituted(text: str, path: str, environment: Mapping[str, str] | None) -> str:
    if path not in ENVIRONMENT_FIELDS:
        raise Refused("${…} is not read here", allowed=sorted(ENVIRONMENT_FIELDS))
    if "${" in _VARIABLE.sub("", text):
        raise Refused("a reference is ${NAME}: letters, digits and underscores")
    if environment is None:
        return text
    for name in _VARIABLE.findall(text):
        if name not in environment:
            raise Refused(
                f"the environment variable {name} is not set",
                nearest=nearest_name(name, environment),
            )
    return _VARIABLE.sub(lambda match: environment[match[1]], text)


def _translate(tree: Table, error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        location: Location = tuple(detail["loc"])
        if location[:1] == ("target",) and location[1:2] and location[1] in _KINDS:
            location = ("target", *location[2:])  # pydantic names the member of the union here
        kind, context = detail["type"], detail.get("ctx", {})
        if kind == "extra_forbidden":
            yield _unknown_key(tree, location)
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            yield _wrong_kind(tree, (*location, "kind"))
        else:
            yield _problem(tree, location, _refused(tree, location, kind, context))


def _refused(tree: Table, location: Location, kind: str, context: Mapping[str, Any]) -> Refused:
    if kind == REFUSED:
        return Refused(context["message"], allowed=context["allowed"], nearest=context["nearest"])
    if kind == "literal_error":
        return _no_such_word(tree, location)
    if kind == "missing":
        return Refused("missing, and it has no default", allowed=_allowed_at(location))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return Refused(allowed=(f"a mapping with {', '.join(keys_at(location))}",))
    if kind in ("tuple_type", "list_type"):
        field = field_at(location)
        words = words_of(field.annotation) if field is not None else ()
        return Refused(allowed=("a list", *words))
    if kind == "too_long":
        most = context["max_length"]
        return Refused(f"it has {context['actual_length']} entries", allowed=(f"at most {most}",))
    return Refused(kind.replace("_", " "))


def _no_such_word(tree: Table, location: Location) -> Refused:
    field, (node, _) = field_at(location), _walk(tree, location)
    words = words_of(field.annotation) if field is not None else ()
    value = node.value if isinstance(node, Scalar) else None
    nearest = nearest_name(value, words) if isinstance(value, str) else None
    return Refused(allowed=words, nearest=nearest)


def _allowed_at(location: Location) -> tuple[str, ...]:
    """Return the values allowed at a location, in words."""
    field = field_at(location)
    rule = rule_of(field) if field is not None else None
    if rule is None:
        return (f"a mapping with {', '.join(keys_at(location))}",)
    try:
        rule.parse(None)
    except Refused as refused:
        return refused.allowed
    return ()


def _wrong_kind(tree: Table, location: Location) -> Problem:
    node, _ = _walk(tree, location)
    if node is None:
        missing = Refused("missing, and it has no default", allowed=_KINDS)
        return _problem(tree, location, missing)
    word = node.text if isinstance(node, Scalar) else ""
    nearest = nearest_name(word, _KINDS)
    return _problem(tree, location, Refused(allowed=_KINDS, nearest=nearest))


def _unknown_key(tree: Table, location: Location) -> Problem:
    parent, _ = _walk(tree, location[:-1])
    kind = parent.get("kind") if isinstance(parent, Table) else None
    known = keys_at(
        location[:-1], plain(kind.value) if kind and isinstance(kind.value, Scalar) else None
    )
    key = str(location[-1])
    place, path = _place_of_key(tree, location)
    refused = Refused(f'unknown key "{key}"', allowed=known, nearest=nearest_name(key, known))
    return Problem.at(place, path, f'"{key}"', refused)


def _problem(tree: Table, location: Location, refused: Refused) -> Problem:
    node, path = _walk(tree, location)
    if node is not None:
        found = _shown(node, ".".join(map(str, location)))
        return Problem.at(node.place, path, found, refused)
    place, _ = _place_of_key(tree, location)
    return Problem.at(place, path, "", refused)


def _joined(path: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def _walk(tree: Table, location: Location) -> tuple[Node | None, str]:
    """The node at a location, None when the document has none, and its path as problems tell it."""
    node: Node | None = tree
    path = ""
    for part in location:
        path = _joined(path, part)
        if isinstance(node, Table):
            entry = node.get(str(part))
            node = entry.value if entry else None
        elif isinstance(node, Listing) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            node = None
        if node is not None and node.path is not None:
            path = node.path
    return node, path


def _place_of_key(tree: Table, location: Location) -> tuple[Place, str]:
    """The place of the last key of a location, or of the nearest thing above it that exists."""
    _, path = _walk(tree, location)
    for length in range(len(location) - 1, -1, -1):
        parent, _ = _walk(tree, location[:length])
        if isinstance(parent, Table):
            entry: Entry | None = parent.get(str(location[length]))
            return (entry.place if entry else parent.place), path
        if parent is not None:
            return parent.place, path
    return tree.place, path

"""The rule of a field that names a trace: ``trace: drive.csv``."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from g2gbench.scenario.fields.rules import Rule
from g2gbench.scenario.network.traces import Trace
from g2gbench.scenario.problems import Refused


@dataclass(frozen=True, kw_only=True)
class TraceFile(Rule):
    """A trace that was read from its file; written back as the file's name and checksum."""

    def parse(self, value: object) -> Trace:
        if isinstance(value, Trace):
            return value
        raise Refused(allowed=("the name of a trace file", "{file: …, sha256: …}"))

    def render(self, value: Any) -> Any:
        return None if value is None else value.reference

    def schema(self) -> dict[str, Any]:
        reference = {
            "type": "object",
            "properties": {
                "file": {"type": "string", "minLength": 1},
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
            "required": ["file"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"type": "string", "minLength": 1}, reference]}

"""Small scenario texts for tests."""

from __future__ import annotations

import json
from typing import Any

from g2gbench.scenario import Scenario, loads

MINIMAL = "name: a\ntarget: {kind: loopback, model: lucy-2.1}\n"


def scenario(more: str = "", *overrides: str) -> Scenario:
    """The minimal scenario with more lines and overrides."""
    return loads(MINIMAL + more, "a.yaml", overrides=overrides)


def yaml_of(document: dict[str, Any]) -> str:
    """A document as YAML text: JSON, which YAML 1.2 contains."""
    return json.dumps(document, ensure_ascii=False)

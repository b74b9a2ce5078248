"""A YAML file as plain data, read as carefully as a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from g2gbench.scenario.document.yaml_tree import plain, read_document
from g2gbench.scenario.loading import read_text
from g2gbench.scenario.problems import ScenarioError, ordered


def load_plain(path: Path) -> dict[str, Any]:
    """The mapping in a file; raises ScenarioError for one that cannot be read, with the place."""
    tree, problems = read_document(read_text(path), str(path))
    if problems:
        raise ScenarioError(ordered(problems))
    found: dict[str, Any] = plain(tree)
    return found

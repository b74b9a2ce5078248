"""A file with a ``quality`` section alone: other bounds for sessions that were recorded already."""

from __future__ import annotations

from pathlib import Path

from g2gbench.scenario.document.yaml_tree import Entry, Table, from_plain, read_document
from g2gbench.scenario.loading import read_text
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.scenario.model.validation import validate
from g2gbench.scenario.problems import Problem, Refused, ScenarioError, ordered

_AROUND = {"name": "judged-again", "target": {"kind": "loopback", "model": "lucy-2.1"}}
"""What a section needs around it to be checked as part of a scenario."""


def load_quality(path: Path) -> QualitySection:
    """The section in a file; raises ScenarioError with every problem and its place."""
    return read_quality(read_text(path), str(path))


def read_quality(text: str, source_name: str = "<text>") -> QualitySection:
    """The section in a text, whose one key is ``quality``; raises ScenarioError."""
    tree, problems = read_document(text, source_name)
    entry = tree.get("quality")
    for other in tree.entries:
        if other.key != "quality":
            refused = Refused(f'unknown key "{other.key}"', allowed=("quality",))
            problems.append(Problem.at(other.place, other.key, f'"{other.key}"', refused))
    if entry is None:
        refused = Refused("missing, and nothing else is read here", allowed=("quality",))
        problems.append(Problem.at(tree.place, "quality", "", refused))
    else:
        around = (Entry(k, tree.place, from_plain(v, tree.place)) for k, v in _AROUND.items())
        scenario, wrong = validate(Table(tree.place, (*around, entry)))
        problems.extend(wrong)
        if scenario is not None and not problems:
            return scenario.quality
    raise ScenarioError(ordered(problems))

"""Origin of a run's scenario, and reading it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from g2gbench.errors import InputError
from g2gbench.scenario import Scenario, load, loads, resolved
from g2gbench.scenario.model.masking import lacks_secrets, secrets_of, without_secrets
from g2gbench.store.named_files import checksums
from g2gbench.store.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Origin:
    """A scenario's text with what was overridden in it; ``file`` is empty for one without."""

    text: str = ""
    file: str = ""
    overrides: tuple[str, ...] = ()

    def without_secrets(self, secrets: Sequence[SecretStr]) -> Origin:
        """As it may be kept."""
        text, overrides = without_secrets(self.text, self.overrides, secrets)
        return replace(self, text=text, overrides=overrides)

    def as_plain(self) -> dict[str, object]:
        """As run.json holds it."""
        return {
            "scenario_text": self.text,
            "scenario_sha256": hashlib.sha256(self.text.encode()).hexdigest(),
            "scenario_file": self.file,
            "overrides": list(self.overrides),
        }


NOWHERE: Final = Origin()


def scenario_of(
    facts: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    file: Path | None = None,
    overrides: tuple[str, ...] = (),
    run_dir: Path = Path(),
) -> Scenario:
    """The scenario of a stored run, with its secrets from the environment again.

    ``facts`` are its run.json; ``file``, with ``overrides``, is read in place of the kept text.
    ``run_dir``: where the run is kept; files are found from there when this is another working
    directory. Raises InputError when what is read is not the scenario that was run.
    """
    text = facts["scenario_text"]
    if hashlib.sha256(text.encode()).hexdigest() != facts["scenario_sha256"]:
        raise InputError("the scenario's text in run.json was changed: its hash is another one.")
    if file is not None:
        scenario = load(
            file, overrides=overrides or facts.get("overrides", ()), environment=environment
        )
    elif lacks_secrets(text, facts.get("overrides", ())):
        raise InputError(
            "a secret was in the scenario itself and is not kept. Name the scenario's file too: "
            "g2gbench run SCENARIO --resume DIRECTORY."
        )
    else:
        kept = Path(facts.get("scenario_file") or ".")
        folder = kept.parent
        if not kept.exists() and facts.get("scenario_folder"):  # begun from another directory
            folder = run_dir / facts["scenario_folder"]
        scenario = loads(
            text,
            str(kept),
            overrides=facts.get("overrides", ()),
            environment=environment,
            directory=folder,
        )
    document = json.loads(json.dumps(resolved(scenario)))
    changed = [
        path
        for path, checksum in checksums(document).items()
        if facts.get("files", {}).get(path, checksum) != checksum
    ]
    if changed:
        raise InputError(f"{changed[0]} is not the file that was measured. Run the scenario anew.")
    found = Redactor(secrets_of(scenario)).data(document)
    different = _differences(found, facts["scenario"])
    if different:
        raise InputError(
            f"the scenario is not the one that was run: {', '.join(different[:5])} "
            f"{'differs' if len(different) == 1 else 'differ'}. Run it anew, without --resume."
        )
    return scenario


def _differences(found: object, kept: object, place: str = "") -> list[str]:
    """The paths of what is not the same in two documents."""
    if isinstance(found, Mapping) and isinstance(kept, Mapping):
        return [
            path
            for key in dict.fromkeys([*found, *kept])
            for path in _differences(found.get(key), kept.get(key), f"{place}.{key}".lstrip("."))
        ]
    return [] if found == kept else [place]

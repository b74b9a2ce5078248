"""What a new user does on a machine that has Python and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from g2gbench.errors import ExitCode
from g2gbench.store.reading import open_run
from tests.docs.documents import fences, read
from tests.e2e import bare_machine
from tests.inconclusive import assert_sound

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.session,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(bare_machine.why_not()), reason=bare_machine.why_not()),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Its root directory, with a clone of this repository in /clone."""
    folder = tmp_path_factory.mktemp("bare")
    root = folder / "root"
    try:
        bare_machine.build(root)
        _clone(root / "clone")
        yield root
    finally:
        shutil.rmtree(folder)  # nothing is mounted below it


def _clone(to: Path) -> None:
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file() and not source.is_symlink():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to / name)


def _run(root: Path, command: str, folder: str = "/clone") -> None:
    """Run it to its end: it passes, or says of a busy machine, and of nothing else, that it is."""
    done = bare_machine.run(root, ["sh", "-c", command], folder=folder, seconds=900)
    said = f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert done.returncode in (ExitCode.PASS, ExitCode.INVALID), said
    if done.returncode == ExitCode.INVALID:
        (path,) = (root / folder.lstrip("/") / "reports").glob("*-*/")
        assert_sound(*(trial.result for trial in open_run(path).trials))


def test_the_first_command_of_the_readme_comes_to_its_verdict(machine: Path) -> None:
    first, *_ = fences(read("README.md"), "bash")
    assert "g2gbench run" in first
    _run(machine, first)
    assert list((machine / "clone" / "reports").glob("*/report.html"))


def test_what_was_installed_runs_a_scenario_by_its_name_without_the_clone(machine: Path) -> None:
    """It was installed by its wheel: nothing but the environment is needed any more."""
    for path in (machine / "clone").iterdir():
        if path.name != ".venv":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (machine / "elsewhere").mkdir()
    _run(
        machine, "/clone/.venv/bin/g2gbench run clean-360p --set session.duration=3s", "/elsewhere"
    )
    _run(machine, "/clone/.venv/bin/g2gbench doctor", "/elsewhere")
    assert list((machine / "elsewhere" / "reports").glob("*/report.html"))

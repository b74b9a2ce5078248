"""Everything that must hold before a change lands: the same here and in CI.

    nox                  the everyday checks
    nox -t ci            what CI runs beside them
    nox -t night         what runs once a night: other Pythons, oldest packages, licences, coverage,
                         sweeps
    nox -s unit -- tests/link      one of them, of a part of the tests
    nox -l               all of them

Each shows the command that repeats it, and the end lists them with the time that each took.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

PYTHON = sys.executable  # of the environment that has the development packages
SCRIPTS = Path(PYTHON).parent
PYTEST = (PYTHON, "-m", "pytest", "-q", "--benchmark-disable", "--durations=15")
UNIT = "not integration and not session and not slow and not nightly"
SESSIONS = "session and not slow and not nightly"
INTEGRATION = "integration and not session and not slow and not nightly"
# Fails unless a session was measured to its end.
MEASURED = """
from pathlib import Path
(journal, *_) = sorted(Path("reports").rglob("journal.jsonl"), reverse=True)
assert '"phase":"measured"' in journal.read_text(), journal
"""
WORKERS = ("-n", "logical", "--dist", "worksteal")
COVERAGE = ("--cov", "--cov-branch", "--cov-append", "--cov-report=", "--cov-fail-under=0")

# pyenv's commands run only the versions that are named: this Python's own first, then the others.
_PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
_VERSIONS = sorted(folder.name for folder in _PYENV.glob("3.1*") if (folder / "bin").exists())
if _VERSIONS:
    own = [v for v in _VERSIONS if (_PYENV / v) == Path(sys.base_prefix)]
    os.environ.setdefault("PYENV_VERSION", ":".join(own + [v for v in _VERSIONS if v not in own]))

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.tags = ["everyday"]


@nox.session(python=False, tags=["everyday", "fast"])
def lint(session: nox.Session) -> None:
    """Hold likely mistakes, import order, docstrings and the format (ruff)."""
    session.run(str(SCRIPTS / "ruff"), "check", ".")
    session.run(str(SCRIPTS / "ruff"), "format", "--check", ".")


@nox.session(python=False, tags=["everyday", "fast"])
def contract(session: nox.Session) -> None:
    """Hold which package may import which, and which are pure (import-linter)."""
    session.run(str(SCRIPTS / "lint-imports"))


@nox.session(python=False, tags=["everyday", "fast"])
def types(session: nox.Session) -> None:
    """Check the types of package and tests, strictly (mypy)."""
    session.run(PYTHON, "-m", "mypy")


@nox.session(python=False, tags=["everyday", "fast"])
def unit(session: nox.Session) -> None:
    """Run the tests of single parts, one worker a core."""
    _pytest(session, "-m", UNIT, *WORKERS)


@nox.session(python=False, tags=["everyday"])
def integration(session: nox.Session) -> None:
    """Run the tests that start processes or go from whole runs to reports, one worker a core."""
    _pytest(session, "-m", INTEGRATION, *WORKERS)


@nox.session(python=False, tags=["everyday"])
def provision(session: nox.Session) -> None:
    """Set up what the session tests would otherwise skip."""
    session.run(PYTHON, "-m", "tests.provisioning")


@nox.session(python=False, tags=["everyday"])
def sessions(session: nox.Session) -> None:
    """Run the tests with real sessions, one at a time, but for the slow ones."""
    _pytest(session, "-m", SESSIONS)


@nox.session(python=False, tags=["ci"])
def slow(session: nox.Session) -> None:
    """Run the slow tests: those that share the machine first."""
    _pytest(session, "-m", "slow and not session and not nightly", *WORKERS)
    _pytest(session, "-m", "slow and session and not nightly")


@nox.session(python="3.11", tags=["ci"])
def lowest(session: nox.Session) -> None:
    """Run a session with the lowest version of each package that is allowed."""
    session.install("--resolution", "lowest-direct", ".[reports]")
    with session.chdir(session.create_tmp()):
        command = ("run", "clean-360p", "--set", "session.duration=3s")
        session.run("g2gbench", *command, success_codes=[0, 3])  # a busy machine spoils a trial
        session.run("python", "-c", MEASURED)


@nox.session(python=["3.12", "3.13"], tags=["night"])
def python(session: nox.Session) -> None:
    """Run the unit tests on another Python that is promised."""
    session.install("-e", ".[dev]")
    session.run("python", *PYTEST[1:], "-m", UNIT, *WORKERS, *session.posargs)


@nox.session(python="3.11", tags=["night"])
def oldest(session: nox.Session) -> None:
    """Run the unit tests with the lowest version of each package that is allowed."""
    session.install("--resolution", "lowest-direct", "-e", ".[dev]")
    session.run("python", *PYTEST[1:], "-m", UNIT, *WORKERS, *session.posargs)


@nox.session(python="3.11", tags=["night"])
def audit(session: nox.Session) -> None:
    """List what an installation brings with its licences; look for what is known to be unsafe."""
    session.install(".[reports]")
    uvx = (str(SCRIPTS / "uv"), "tool", "run")
    python = str(Path(session.bin) / "python")
    copyleft = ("--partial-match", "--fail-on=GPL;GNU;UNKNOWN")
    session.run(*uvx, "pip-licenses", f"--python={python}", *copyleft, external=True)
    (packages,) = Path(session.virtualenv.location).glob("lib/python*/site-packages")
    session.run(*uvx, "pip-audit", f"--path={packages}", external=True)


@nox.session(python=False, tags=["night"])
def coverage(session: nox.Session) -> None:
    """Hold the branch coverage of all that CI runs, which takes half as long again."""
    session.run(PYTHON, "-m", "coverage", "erase")
    _pytest(session, *COVERAGE, "-m", f"({UNIT}) or ({INTEGRATION})", *WORKERS)
    _pytest(session, *COVERAGE, "-m", SESSIONS)
    _pytest(session, *COVERAGE, "-m", "slow and not session and not nightly", *WORKERS)
    _pytest(session, *COVERAGE, "-m", "slow and session and not nightly")
    session.run(PYTHON, "-m", "coverage", "combine", "--append", success_codes=[0, 1])
    session.run(PYTHON, "-m", "coverage", "report")


@nox.session(python=False, tags=["night"])
def mutation(session: nox.Session) -> None:
    """Hold that the unit tests notice nearly every one of 60 seeded faults."""
    session.run(PYTHON, "-m", "tests.mutation", "--count", "60", *session.posargs)


@nox.session(python=False, tags=["night"])
def nightly(session: nox.Session) -> None:
    """Run the sweeps that the other tests hold the typical value and the bounds of."""
    _pytest(session, "-m", "nightly", *WORKERS)


def _pytest(session: nox.Session, *options: str) -> None:
    session.run(*PYTEST, *options, *session.posargs)

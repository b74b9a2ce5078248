"""The pytest plugin: the fixture ``g2gbench_run`` keeps a project's sessions in its test suite.

pytest loads this module wherever g2gbench is installed, so it imports nothing until the fixture is
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from g2gbench.scenario import Scenario
    from g2gbench.store.reading import Run

_WAYS = ("skip", "fail")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run may be told."""
    group = parser.getgroup("g2gbench", "sessions measured by g2gbench")
    group.addoption(
        "--g2gbench-out",
        metavar="DIRECTORY",
        help="Where run directories are made, to keep them; default: the test's tmp_path.",
    )
    group.addoption(
        "--g2gbench-invalid",
        choices=_WAYS,
        default="skip",
        help="What a test does whose run is invalid: skip (default) or fail.",
    )
    group.addoption(
        "--g2gbench-retries",
        type=int,
        default=0,
        metavar="N",
        help="How often a trial may run again because it was invalid; default 0.",
    )


@pytest.fixture
def g2gbench_run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Run]:
    """Run a scenario, and fail the test unless its expectations hold.

    Called with a scenario: its file, the name of a built-in one, its text, or a Scenario; ``set``
    are overrides such as ``"repeat=3"``. It gives the run. A run that is invalid skips the test, or
    fails it with ``--g2gbench-invalid=fail``; one that did not reach its target fails it.
    """
    options = request.config.option

    def run(scenario: Scenario | Path | str, *, set: tuple[str, ...] = ()) -> Run:  # noqa: A002 - as on the command line
        from g2gbench.errors import InputError

        try:
            done = _measured(
                _read(scenario, set, request.path.parent),
                out=Path(options.g2gbench_out or tmp_path),
                retries=options.g2gbench_retries,
            )
        except InputError as error:
            refused = str(error)
        else:
            refused = ""
        if refused:
            pytest.fail(refused, pytrace=False)
        _judge(done, options.g2gbench_invalid)
        return done

    return run


def _measured(scenario: Scenario, **asked: Any) -> Run:
    """The run; in a thread of its own where a test's event loop runs in this one."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from g2gbench.workflow import benchmark

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return benchmark.run(scenario, **asked)
    with ThreadPoolExecutor(1, "g2gbench") as thread:
        return thread.submit(benchmark.run, scenario, **asked).result()


def _read(scenario: Scenario | Path | str, overrides: tuple[str, ...], beside: Path) -> Scenario:
    """The scenario; a file is looked for from where pytest runs, then beside the test."""
    from g2gbench.process.environment import ENVIRONMENT
    from g2gbench.scenario import Scenario, load, loads
    from g2gbench.scenario.built_in_scenarios import find

    if isinstance(scenario, Scenario):
        if overrides:
            raise ValueError("overrides need a scenario's file or text")
        return scenario
    known: dict[str, Any] = {"overrides": overrides, "environment": ENVIRONMENT}
    if isinstance(scenario, str) and "\n" in scenario:
        return loads(scenario, **known)
    path = Path(scenario)
    if not path.exists() and (beside / path).exists():
        path = beside / path
    return load(find(path), **known)


def _judge(done: Run, invalid: str) -> None:
    from g2gbench.report.formats.terminal import render

    if done.status == "pass":
        return
    text = render(done)
    if done.status == "invalid" and invalid == "skip":
        pytest.skip(f"invalid, so nothing can be said: {_first_line(text)}")
    pytest.fail(text, pytrace=False)


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]

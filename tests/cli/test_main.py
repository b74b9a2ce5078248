"""The command line as a whole: help, versions, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

import g2gbench
from g2gbench import cli
from g2gbench.errors import (
    ExitCode,
    FaultError,
    G2GBenchError,
    InputError,
    UnreachableError,
)
from tests.cli.calling import call

ROOT = Path(__file__).parents[2]
COMMANDS = [
    "run",
    "live",
    "compare",
    "baseline",
    "trend",
    "report",
    "scenario",
    "preflight",
    "serve",
    "calibrate",
    "grade",
    "doctor",
]
UNITS = {"run": "=30s", "scenario": "2Mbps", "serve": "ms."}


def _every_command() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    context = click.Context(cli.cli)
    for name in cli.cli.list_commands(context):
        found.append((name,))
        command = cli.cli.get_command(context, name)
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.list_commands(context)]
    return found


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_commands_and_the_exit_codes(
    capfd: pytest.CaptureFixture[str], option: str
) -> None:
    code, out, err = call(capfd, option)
    assert (code, err) == (0, "")
    listed = out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in listed if line.strip()][: len(COMMANDS)] == COMMANDS
    for number in ExitCode:
        assert f"{number.value} " in out


@pytest.mark.parametrize("command", _every_command(), ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(
    capfd: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    texts = set()
    for option in ("-h", "--help"):
        code, out, err = call(capfd, *command, option)
        assert (code, err) == (0, "")
        texts.add(out)
    (text,) = texts
    assert "Example" in text
    assert f"g2gbench {' '.join(command)}" in text.partition("Example")[2]


@pytest.mark.parametrize(("command", "unit"), UNITS.items())
def test_what_takes_quantities_says_their_units(
    capfd: pytest.CaptureFixture[str], command: str, unit: str
) -> None:
    assert unit in call(capfd, command, "-h")[1]


def test_the_version_is_the_packages(capfd: pytest.CaptureFixture[str]) -> None:
    assert call(capfd, "--version") == (0, f"g2gbench {g2gbench.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("run",),
        ("run", "--dance"),
        ("run", "a.yaml", "--repeat", "0"),
        ("scenario", "dance"),
        ("serve", "--model", "lucy-9"),
        ("serve", "--port", "70000"),
        ("serve", "--processing-ms", "-1"),
        ("serve", "--sessions", "0"),
        ("serve", "--queue", "-1"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_understood_is_bad_input(
    capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, err = call(capfd, *arguments)
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert "Error: " in err
    assert "Traceback" not in err


def test_a_file_that_cannot_be_used_is_bad_input_in_a_sentence(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "missing.yaml"
    code, out, err = call(capfd, "run", str(path))
    assert (code, out) == (ExitCode.BAD_INPUT, "")
    assert err == f"error: {path}: no such file\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("no"), 2),
        (UnreachableError("no"), 4),
        (FaultError("no"), 5),
        (G2GBenchError("no"), 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_of_ours_ends_in_a_sentence_and_its_code(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: G2GBenchError,
    code: int,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "invoke", fails)
    assert call(capfd, "doctor") == (code, "", "error: no\n")


def test_an_interrupt_is_130(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "invoke", interrupted)
    code, out, err = call(capfd, "doctor")
    assert (code, out) == (130, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (KeyError("url"), "KeyError: 'url'"),
        (ValueError("two\nlines"), "two lines"),
        (ImportError("libGL.so.1: cannot open"), "g2gbench doctor"),
        (OSError(28, "No space left on device", "reports"), "No space left on device"),
        (RecursionError("deep"), "RecursionError"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("options", [(), ("-v",), ("--verbose",)], ids=["", "-v", "--verbose"])
def test_an_error_that_nobody_expected_is_a_fault_in_one_line(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Exception,
    says: str,
    options: tuple[str, ...],
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli.cli, "invoke", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code, out, err = call(capfd, *options, "doctor")
    assert (code, out) == (ExitCode.FAULT, "")
    first, *rest = err.splitlines()
    assert first.startswith("error: ")
    assert says in first
    (kept,) = tmp_path.iterdir()
    assert str(kept) in first
    assert "Traceback" in kept.read_text()
    assert ("Traceback" in "".join(rest)) == bool(options)
    assert bool(rest) == bool(options)


def test_a_traceback_that_cannot_be_kept_is_no_second_fault(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("url")

    monkeypatch.setattr(cli.cli, "invoke", broken)
    monkeypatch.setattr(tempfile, "mkstemp", broken)
    code, _, err = call(capfd, "doctor")
    assert (code, err.count("\n")) == (ExitCode.FAULT, 1)
    assert "-v" in err


@pytest.mark.integration
def test_what_cannot_even_read_the_command_line_says_what_to_install() -> None:
    code = "import sys; sys.modules['click'] = None; from g2gbench.__main__ import main; main()"
    done = _process("-c", code)
    assert (done.returncode, done.stdout) == (ExitCode.FAULT, "")
    assert "pip install" in done.stderr
    assert done.stderr.count("\n") == 1


def _process(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )


@pytest.mark.integration
def test_the_package_is_the_command() -> None:
    done = _process("-m", "g2gbench", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"g2gbench {g2gbench.__version__}\n"
    assert _process("-m", "g2gbench", "dance").returncode == 2


@pytest.mark.integration
def test_help_does_not_wait_for_the_heavy_libraries() -> None:
    heavy = "'livekit', 'pandas', 'matplotlib', 'cv2', 'numpy', 'aiohttp'"
    done = _process(
        "-c",
        f"""
import sys
from g2gbench.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print([name for name in ({heavy}) if name in sys.modules])
""",
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.integration
def test_a_reader_that_has_read_enough_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        command = [sys.executable, "-m", "g2gbench", "scenario", "schema"]
        process = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (process.returncode, process.stderr) == (0, b"")

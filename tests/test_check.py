"""What the test command sets up where it can: a livekit-server, and the vendor's own SDKs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from g2gbench.service.room import livekit_server
from tests.e2e.vendor import provided

ROOT = Path(__file__).parents[1]
VARIABLE = livekit_server.COMMAND_VARIABLE
INSTALLER = """\
#!{python}
import pathlib, sys
with pathlib.Path({asked!r}).open("a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
sys.exit({status})
"""
GO = """\
#!{python}
import os, pathlib, sys
if sys.argv[1] == "env":
    print({version!r})
    sys.exit(0)
asked = pathlib.Path(__file__).with_name("asked")
asked.write_text(" ".join(sys.argv[1:]))
if {status}:
    sys.exit({status})
directory = pathlib.Path(os.environ["GOBIN"])
directory.mkdir(parents=True)
(directory / "server").write_text("built")
"""


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """.ci/check.py on a machine with nothing on its PATH, in an environment of its own."""
    spec = importlib.util.spec_from_file_location("check", ROOT / ".ci" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv(VARIABLE, "")  # so that it is restored, whatever the command does to it
    monkeypatch.delenv(VARIABLE)
    for name in (provided.PYTHON_VARIABLE, provided.MODULES_VARIABLE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(module, "GO_FOLDERS", "")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    return module


def _go(folder: Path, version: str = "go1.26.3", status: int = 0) -> Path:
    path = folder / "bin" / "go"
    path.write_text(GO.format(python=sys.executable, version=version, status=status))
    path.chmod(0o755)
    return path


def test_its_command_is_the_one_that_people_are_told(check: ModuleType) -> None:
    assert " ".join(check.LIVEKIT_INSTALL) == livekit_server.INSTALL
    assert check.COMMAND_VARIABLE == VARIABLE


def test_a_new_enough_go_builds_it_once_into_the_environment(
    check: ModuleType, tmp_path: Path
) -> None:
    go = _go(tmp_path)
    check.provide_livekit_server()
    built = tmp_path / "environment" / "livekit" / "server"
    assert os.environ[VARIABLE] == str(built)
    asked = go.with_name("asked")
    assert asked.read_text() == " ".join(check.LIVEKIT_INSTALL[1:])
    asked.unlink()
    del os.environ[VARIABLE]
    check.provide_livekit_server()
    assert os.environ[VARIABLE] == str(built)
    assert not asked.exists()


@pytest.mark.parametrize("version", ["go1.25.9", "go0.99", "devel", ""])
def test_an_older_or_unknown_go_is_not_asked(
    check: ModuleType, tmp_path: Path, version: str
) -> None:
    go = _go(tmp_path, version)
    check.provide_livekit_server()
    assert VARIABLE not in os.environ
    assert not go.with_name("asked").exists()


def test_without_go_nothing_happens(check: ModuleType) -> None:
    check.provide_livekit_server()
    assert VARIABLE not in os.environ


def test_no_environment_of_its_own_is_no_place_to_build_into(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    go = _go(tmp_path)
    check.provide_livekit_server()
    assert not go.with_name("asked").exists()


def test_one_that_is_named_or_on_the_path_is_kept(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = _go(tmp_path)
    monkeypatch.setenv(VARIABLE, "/opt/mine")
    check.provide_livekit_server()
    assert os.environ[VARIABLE] == "/opt/mine"
    monkeypatch.delenv(VARIABLE)
    go.with_name("livekit-server").symlink_to(go)
    check.provide_livekit_server()
    assert VARIABLE not in os.environ
    assert not go.with_name("asked").exists()


def test_a_failed_build_is_said_and_the_checks_go_on(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _go(tmp_path, status=7)
    check.provide_livekit_server()
    assert "could not be built (status 7)" in capsys.readouterr().out
    assert VARIABLE not in os.environ


def test_a_build_that_never_ends_is_given_up(
    check: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _go(tmp_path)
    run = subprocess.run

    def slow(command: list[str], **how: object) -> object:
        if "install" in command:
            raise subprocess.TimeoutExpired(command, 1)
        return run(command, **how)  # type: ignore[call-overload] # passed on as it came

    monkeypatch.setattr(subprocess, "run", slow)
    check.provide_livekit_server()
    assert "could not be built (TimeoutExpired)" in capsys.readouterr().out


# -- the vendor's own SDKs


def _npm(folder: Path, status: int = 0) -> Path:
    """An npm that only writes down what it is asked for."""
    asked = folder / "npm-asked"
    path = folder / "bin" / "npm"
    path.write_text(INSTALLER.format(python=sys.executable, asked=str(asked), status=status))
    path.chmod(0o755)
    return asked


def _python(check: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python that only writes down what it is asked for, and installs itself as what it makes."""
    asked = folder / "python-asked"
    path = folder / "bin" / "python"
    path.write_text(INSTALLER.format(python=sys.executable, asked=str(asked), status=0))
    path.chmod(0o755)
    made = folder / "environment" / "vendor" / "bin"
    made.mkdir(parents=True)
    (made / "python").symlink_to(path)
    monkeypatch.setattr(check, "PYTHON", str(path))
    return asked


def test_the_sdks_are_the_ones_that_people_are_told(check: ModuleType) -> None:
    assert check.PYTHON_SDK == provided.PYTHON_PACKAGE
    assert check.PYTHON_SDK_VARIABLE == provided.PYTHON_VARIABLE
    assert check.NODE_PACKAGES == provided.NODE_PACKAGES
    assert check.MODULES_VARIABLE == provided.MODULES_VARIABLE


def test_the_javascript_sdk_is_installed_once_beside_the_environment(
    check: ModuleType, tmp_path: Path
) -> None:
    asked = _npm(tmp_path)
    folder = tmp_path / "environment" / "node"
    for _ in range(2):
        check.provide_javascript_sdk()
        assert os.environ.pop(provided.MODULES_VARIABLE) == str(folder / "node_modules")
    (line,) = asked.read_text().splitlines()
    assert line.endswith(f"--prefix {folder} {' '.join(provided.NODE_PACKAGES)}")


def test_the_python_sdk_is_installed_once_into_an_environment_of_its_own(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _python(check, tmp_path, monkeypatch)
    folder = tmp_path / "environment" / "vendor"
    for _ in range(2):
        check.provide_python_sdk()
        assert os.environ.pop(provided.PYTHON_VARIABLE) == str(folder / "bin" / "python")
    made, installed = asked.read_text().splitlines()
    assert made == f"-m venv {folder}"
    assert installed.startswith("-m pip install ")
    assert installed.endswith(provided.PYTHON_PACKAGE)


def test_another_version_is_installed_over_the_one_that_is_there(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _npm(tmp_path)
    check.provide_javascript_sdk()
    del os.environ[provided.MODULES_VARIABLE]
    monkeypatch.setattr(check, "NODE_PACKAGES", ("@decartai/sdk@99",))
    check.provide_javascript_sdk()
    assert asked.read_text().splitlines()[1].endswith("@decartai/sdk@99")


def test_what_cannot_be_installed_is_said_and_tried_again_the_next_time(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _npm(tmp_path, status=3)
    for _ in range(2):
        check.provide_javascript_sdk()
        assert "could not be installed (status 3)" in capsys.readouterr().out
        assert provided.MODULES_VARIABLE not in os.environ
    assert len(asked.read_text().splitlines()) == 2


def test_an_installation_that_cannot_start_is_said(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bin" / "npm"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    check.provide_javascript_sdk()
    assert "could not be installed (FileNotFoundError)" in capsys.readouterr().out


def test_an_sdk_that_is_named_is_kept(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (_npm(tmp_path), _python(check, tmp_path, monkeypatch))
    for name in (provided.PYTHON_VARIABLE, provided.MODULES_VARIABLE):
        monkeypatch.setenv(name, "/opt/mine")
    check.provide_python_sdk()
    check.provide_javascript_sdk()
    assert os.environ[provided.MODULES_VARIABLE] == "/opt/mine"
    assert not any(path.exists() for path in asked)


def test_without_npm_or_an_environment_of_its_own_nothing_is_installed(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check.provide_javascript_sdk()
    asked = (_npm(tmp_path), _python(check, tmp_path, monkeypatch))
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    check.provide_python_sdk()
    check.provide_javascript_sdk()
    assert not any(path.exists() for path in asked)
    assert provided.MODULES_VARIABLE not in os.environ


@pytest.mark.parametrize("slow", [False, True])
def test_ci_alone_installs_what_its_tests_would_skip(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    asked = tmp_path / "asked"
    apt = tmp_path / "bin" / "apt-get"
    apt.write_text(INSTALLER.format(python=sys.executable, asked=str(asked), status=0))
    apt.chmod(0o755)
    monkeypatch.delenv("CI", raising=False)
    check.provide_packages(slow)
    assert not asked.exists()
    monkeypatch.setenv("CI", "true")
    check.provide_packages(slow)
    names = [line.split()[-1] for line in asked.read_text().splitlines() if "install" in line]
    assert names == ["chromium", "firefox-esr", *(["mmdebstrap"] if slow else [])]

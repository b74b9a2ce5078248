"""What is set up for the tests where it can be: a livekit-server, browsers, the vendor's SDKs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from g2gbench.service.room import livekit_server
from tests import provisioning

pytestmark = pytest.mark.integration

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
VARIABLES = (
    provisioning.SERVER_VARIABLE,
    provisioning.PYTHON_SDK_VARIABLE,
    provisioning.MODULES_VARIABLE,
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with nothing on its PATH, and an environment of its own."""
    for name in (*VARIABLES, "CI"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(provisioning, "GO_FOLDERS", "")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))


def _tool(folder: Path, name: str, status: int = 0) -> Path:
    """A command that only writes down what it is asked for; where it does so."""
    asked = folder / f"{name}-asked"
    path = folder / "bin" / name
    path.write_text(INSTALLER.format(python=sys.executable, asked=str(asked), status=status))
    path.chmod(0o755)
    return asked


def _go(folder: Path, version: str = "go1.26.3", status: int = 0) -> Path:
    path = folder / "bin" / "go"
    path.write_text(GO.format(python=sys.executable, version=version, status=status))
    path.chmod(0o755)
    return path


def _python(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python like ``_tool``, which is also what it makes of a virtual environment."""
    asked = _tool(folder, "python")
    made = folder / "environment" / "vendor" / "bin"
    made.mkdir(parents=True)
    (made / "python").symlink_to(folder / "bin" / "python")
    monkeypatch.setattr(sys, "executable", str(folder / "bin" / "python"))
    return asked


# -- a livekit-server


def test_a_new_enough_go_builds_it_once_into_the_environment(tmp_path: Path) -> None:
    asked = _go(tmp_path).with_name("asked")
    provisioning.provide_livekit_server()
    built = tmp_path / "environment" / "livekit" / "server"
    assert provisioning.environment() == {provisioning.SERVER_VARIABLE: str(built)}
    assert f"go {asked.read_text()}" == livekit_server.INSTALL
    asked.unlink()
    provisioning.provide_livekit_server()
    assert not asked.exists()


@pytest.mark.parametrize("version", ["go1.25.9", "go0.99", "devel", ""])
def test_an_older_or_unknown_go_is_not_asked(tmp_path: Path, version: str) -> None:
    go = _go(tmp_path, version)
    provisioning.provide_livekit_server()
    assert not go.with_name("asked").exists()


def test_without_go_or_npm_there_is_nothing() -> None:
    provisioning.provide_livekit_server()
    provisioning.provide_javascript_sdk()
    assert provisioning.environment() == {}


def test_a_server_that_is_named_or_on_the_path_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = _go(tmp_path)
    monkeypatch.setenv(provisioning.SERVER_VARIABLE, "/opt/mine")
    provisioning.provide_livekit_server()
    monkeypatch.delenv(provisioning.SERVER_VARIABLE)
    go.with_name("livekit-server").symlink_to(go)
    provisioning.provide_livekit_server()
    assert not go.with_name("asked").exists()


def test_a_failed_build_is_said_and_the_checks_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _go(tmp_path, status=7)
    provisioning.provide_livekit_server()
    assert "could not be built (status 7)" in capsys.readouterr().out
    assert provisioning.environment() == {}


def test_a_build_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _go(tmp_path)
    run = subprocess.run

    def slow(command: list[str], **how: object) -> object:
        if "install" in command:
            raise subprocess.TimeoutExpired(command, 1)
        return run(command, **how)  # type: ignore[call-overload] # passed on as it came

    monkeypatch.setattr(subprocess, "run", slow)
    provisioning.provide_livekit_server()
    assert "could not be built (TimeoutExpired)" in capsys.readouterr().out


# -- the vendor's own SDKs


def test_the_javascript_sdk_is_installed_once_beside_the_environment(tmp_path: Path) -> None:
    asked = _tool(tmp_path, "npm")
    folder = tmp_path / "environment" / "node"
    for _ in range(2):
        provisioning.provide_javascript_sdk()
        modules = {provisioning.MODULES_VARIABLE: str(folder / "node_modules")}
        assert provisioning.environment() == modules
    (line,) = asked.read_text().splitlines()
    assert line.endswith(f"--prefix {folder} {' '.join(provisioning.NODE_PACKAGES)}")


def test_the_python_sdk_is_installed_once_into_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _python(tmp_path, monkeypatch)
    folder = tmp_path / "environment" / "vendor"
    for _ in range(2):
        provisioning.provide_python_sdk()
        python = {provisioning.PYTHON_SDK_VARIABLE: str(folder / "bin" / "python")}
        assert provisioning.environment() == python
    made, installed = asked.read_text().splitlines()
    assert made == f"-m venv {folder}"
    assert installed.startswith("-m pip install ")
    assert installed.endswith(provisioning.PYTHON_SDK)


def test_another_version_is_installed_over_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _tool(tmp_path, "npm")
    provisioning.provide_javascript_sdk()
    monkeypatch.setattr(provisioning, "NODE_PACKAGES", ("@decartai/sdk@99",))
    assert provisioning.environment() == {}
    provisioning.provide_javascript_sdk()
    assert asked.read_text().splitlines()[1].endswith("@decartai/sdk@99")


def test_what_cannot_be_installed_is_said_and_tried_again_the_next_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _tool(tmp_path, "npm", status=3)
    for _ in range(2):
        provisioning.provide_javascript_sdk()
        assert "could not be installed (status 3)" in capsys.readouterr().out
        assert provisioning.environment() == {}
    assert len(asked.read_text().splitlines()) == 2


def test_an_installation_that_cannot_start_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bin" / "npm"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    provisioning.provide_javascript_sdk()
    assert "could not be installed (FileNotFoundError)" in capsys.readouterr().out


def test_what_is_named_is_neither_installed_nor_named_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provisioning.provide_javascript_sdk()
    asked = (_tool(tmp_path, "npm"), _python(tmp_path, monkeypatch))
    for name in VARIABLES:
        monkeypatch.setenv(name, "/opt/mine")
    provisioning.provide()
    assert provisioning.environment() == {}
    assert not any(path.exists() for path in asked)


def test_without_an_environment_of_its_own_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (_tool(tmp_path, "npm"), _python(tmp_path, monkeypatch), _go(tmp_path) / "asked")
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    provisioning.provide()
    assert not any(path.exists() for path in asked)


def test_ci_alone_installs_packages_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _tool(tmp_path, "apt-get")
    _tool(tmp_path, "chromium")
    _python(tmp_path, monkeypatch)
    provisioning.provide()
    assert not asked.exists()
    monkeypatch.setenv("CI", "true")
    provisioning.provide()
    names = [line.split()[-1] for line in asked.read_text().splitlines() if "install" in line]
    assert names == [name for name in provisioning.DEBIAN_PACKAGES if name != "chromium"]
    assert os.environ["CI"] == "true"

"""Set up what the tests can use beside Python's own packages, and find it again.

    python -m tests.provisioning

Builds a livekit-server where Go can, and installs the vendor's SDKs, all inside this Python's
virtual environment. Where ``$CI`` is set, it installs Debian's packages too; elsewhere that is the
user's business. What cannot be had is skipped by its tests, which say how to get it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from g2gbench.service.room import livekit_server

SERVER_VARIABLE = livekit_server.COMMAND_VARIABLE
SERVER_NEEDS_GO = (1, 26)
GO_FOLDERS = "/usr/local/go/bin"  # where its installer puts it, PATH or not
PYTHON_SDK_VARIABLE = "G2GBENCH_VENDOR_PYTHON"  # a Python that has the vendor's Python SDK
PYTHON_SDK = "decart[realtime]==0.2.4"  # it decides itself which livekit it wants
MODULES_VARIABLE = "G2GBENCH_NODE_MODULES"  # a node_modules folder
NODE_PACKAGES = ("@decartai/sdk@0.1.20", "esbuild@0.28.2")
# Debian's packages, and their commands: the last builds the bare system of an installation test.
DEBIAN_PACKAGES = ("chromium", "firefox-esr", "mmdebstrap")


def environment() -> dict[str, str]:
    """Variables that name what has been set up in this environment, but for those already set."""
    server, python, modules = _server(), _vendor_python(), _modules()
    found = {
        SERVER_VARIABLE: server if server.exists() else None,
        PYTHON_SDK_VARIABLE: python
        if _is_installed(python.parents[1], _python_commands())
        else None,
        MODULES_VARIABLE: modules if _is_installed(modules.parent, _node_commands()) else None,
    }
    return {name: str(path) for name, path in found.items() if path and not os.environ.get(name)}


def provide() -> None:
    """Set up whatever is missing, side by side."""
    if os.environ.get("CI"):
        provide_packages()
    with ThreadPoolExecutor() as pool:
        parts = (provide_livekit_server, provide_python_sdk, provide_javascript_sdk)
        for part in [pool.submit(part) for part in parts]:
            part.result()


def provide_packages() -> None:
    """Install Debian's packages, where this is a Debian."""
    missing = [name for name in DEBIAN_PACKAGES if not shutil.which(name)]
    if not missing or not shutil.which("apt-get"):
        return
    commands = [["apt-get", "update", "-qq"]]
    commands += [["apt-get", "install", "-y", "-qq", name] for name in missing]
    for command in commands:
        print(f"installing: {' '.join(command)}", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):  # its tests skip then
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=300)


def provide_livekit_server() -> None:
    """Build one unless there is one; takes minutes, and changes this environment and Go's cache."""
    binary = _server()
    if os.environ.get(SERVER_VARIABLE) or shutil.which(livekit_server.COMMAND) or binary.exists():
        return
    go = shutil.which("go") or shutil.which("go", path=GO_FOLDERS)
    if go is None or not _has_own_environment() or not _go_is_new_enough(go):
        return
    print(f"building livekit-server: {livekit_server.INSTALL}", flush=True)
    command = [go, *livekit_server.INSTALL.split()[1:]]
    settings = {**os.environ, "GOBIN": str(binary.parent), "GOTOOLCHAIN": "local"}
    failure = _failure(command, settings, 900)
    if failure:
        print(f"it could not be built ({failure}): its tests will skip")


def provide_python_sdk() -> None:
    """Install the vendor's Python SDK in an environment of its own, beside this one."""
    if not os.environ.get(PYTHON_SDK_VARIABLE):
        _install("the vendor's Python SDK", _vendor_python().parents[1], _python_commands())


def provide_javascript_sdk() -> None:
    """Install the vendor's JavaScript SDK and a bundler, where npm is."""
    if not os.environ.get(MODULES_VARIABLE) and shutil.which("npm"):
        _install("the vendor's JavaScript SDK", _modules().parent, _node_commands())


def _server() -> Path:
    return Path(sys.prefix) / "livekit" / "server"


def _vendor_python() -> Path:
    return Path(sys.prefix) / "vendor" / "bin" / "python"


def _modules() -> Path:
    return Path(sys.prefix) / "node" / "node_modules"


def _python_commands() -> list[list[str]]:
    python = _vendor_python()
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", PYTHON_SDK]
    return [[sys.executable, "-m", "venv", str(python.parents[1])], install]


def _node_commands() -> list[list[str]]:
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    return [["npm", "install", *quiet, "--prefix", str(_modules().parent), *NODE_PACKAGES]]


def _is_installed(folder: Path, commands: Sequence[Sequence[str]]) -> bool:
    """Whether these commands, and all of them, put what they install into this folder."""
    whole = folder / "installed"  # a folder that was left half-way has none
    return whole.exists() and whole.read_text() == json.dumps(commands)


def _install(what: str, folder: Path, commands: list[list[str]]) -> None:
    """Run the commands that put it into a folder of this environment, unless they have run."""
    if not _has_own_environment() or _is_installed(folder, commands):
        return
    print(f"installing {what}: {' '.join(commands[-1])}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        failure = _failure(command, dict(os.environ), 600)
        if failure:
            print(f"it could not be installed ({failure}): its tests will skip")
            return
    (folder / "installed").write_text(json.dumps(commands))


def _failure(command: list[str], settings: dict[str, str], seconds: float) -> str:
    """Run a command; how it failed, or nothing."""
    try:
        status = subprocess.run(command, check=False, timeout=seconds, env=settings).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return f"status {status}" if status else ""


def _has_own_environment() -> bool:
    return sys.prefix != sys.base_prefix


def _go_is_new_enough(go: str) -> bool:
    """Whether this Go can build it without fetching another Go."""
    try:
        said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= SERVER_NEEDS_GO


if __name__ == "__main__":
    provide()

"""Everything that must hold before a change lands; the same here and in CI.

    python .ci/check.py            the everyday suite, below ten minutes on two cores
    python .ci/check.py --slow     with the tests marked slow, as CI runs it

Exit status 0 when every step passed, else 1. Each step is shown with the command that repeats it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SCRIPTS = Path(PYTHON).parent
COMMAND_VARIABLE = "G2GBENCH_LIVEKIT_SERVER"
LIVEKIT_INSTALL = ["go", "install", "github.com/livekit/livekit-server/cmd/server@v1.13.5"]
LIVEKIT_NEEDS_GO = (1, 26)
GO_FOLDERS = "/usr/local/go/bin"  # where its installer puts it, PATH or not
PYTHON_SDK_VARIABLE = "G2GBENCH_VENDOR_PYTHON"
PYTHON_SDK = "decart[realtime]==0.2.4"  # it decides itself which livekit it wants
MODULES_VARIABLE = "G2GBENCH_NODE_MODULES"
BROWSERS = ("chromium", "firefox-esr")  # Debian's packages, and their commands
DEBIAN_BUILDER = "mmdebstrap"  # of the bare system that the README's first command is tried on
NODE_PACKAGES = ("@decartai/sdk@0.1.20", "esbuild@0.28.2")


def steps(slow: bool) -> list[tuple[str, list[str]]]:
    """Name and command of each step."""
    tests = [PYTHON, "-m", "pytest", "-q", "--durations=8"]
    tests += ["--benchmark-disable"]
    # Coverage is that of all tests, and costs time that the everyday suite does not have.
    coverage = ["--cov", "--cov-branch", "--cov-report=term:skip-covered"]
    tests += coverage if slow else ["-m", "not slow"]
    return [
        ("lint", [str(SCRIPTS / "ruff"), "check", "."]),
        ("format", [str(SCRIPTS / "ruff"), "format", "--check", "."]),
        ("types", [PYTHON, "-m", "mypy"]),
        ("import contract", [str(SCRIPTS / "lint-imports")]),
        ("tests", tests),
    ]


def provide_packages(slow: bool) -> None:
    """In CI, install what the tests would otherwise skip; elsewhere that is the user's business."""
    wanted = (*BROWSERS, DEBIAN_BUILDER) if slow else BROWSERS
    missing = [name for name in wanted if not shutil.which(name)]
    if not missing or not os.environ.get("CI") or not shutil.which("apt-get"):
        return
    commands = [["apt-get", "update", "-qq"]]
    commands += [["apt-get", "install", "-y", "-qq", name] for name in missing]
    for command in commands:
        print(f"installing: {' '.join(command)}", flush=True)
        with contextlib.suppress(subprocess.TimeoutExpired):  # its tests skip then
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=300)


def provide_livekit_server() -> None:
    """Where Go can, build the room that the tests would otherwise skip, beside this Python.

    It takes one to two minutes, once; nothing outside the environment and Go's own cache changes.
    What the tests start is named by $G2GBENCH_LIVEKIT_SERVER, which is kept where it is set.
    """
    if os.environ.get(COMMAND_VARIABLE) or shutil.which("livekit-server"):
        return
    binary = Path(sys.prefix) / "livekit" / "server"
    if not binary.exists():
        go = shutil.which("go") or shutil.which("go", path=GO_FOLDERS)
        if go is None or sys.prefix == sys.base_prefix or not _go_is_new_enough(go):
            return  # the tests that need it say how to get it
        print(f"building livekit-server: {' '.join(LIVEKIT_INSTALL)}", flush=True)
        try:
            done = subprocess.run(
                [go, *LIVEKIT_INSTALL[1:]],
                check=False,
                timeout=900,
                env={**os.environ, "GOBIN": str(binary.parent), "GOTOOLCHAIN": "local"},
            )
            if done.returncode:
                print(f"it could not be built (status {done.returncode}): its tests will skip")
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"it could not be built ({type(error).__name__}): its tests will skip")
    if binary.exists():
        os.environ[COMMAND_VARIABLE] = str(binary)


def provide_python_sdk() -> None:
    """The vendor's Python SDK in an environment of its own, beside this one."""
    if os.environ.get(PYTHON_SDK_VARIABLE) or sys.prefix == sys.base_prefix:
        return
    folder = Path(sys.prefix) / "vendor"
    python = folder / "bin" / "python"
    commands = [[PYTHON, "-m", "venv", str(folder)], [*_pip(python), PYTHON_SDK]]
    if _installed(folder, "the vendor's Python SDK", commands):
        os.environ[PYTHON_SDK_VARIABLE] = str(python)


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]


def provide_javascript_sdk() -> None:
    """The vendor's JavaScript SDK, and what makes one script of it, where npm is."""
    npm = shutil.which("npm")
    if os.environ.get(MODULES_VARIABLE) or npm is None or sys.prefix == sys.base_prefix:
        return
    folder = Path(sys.prefix) / "node"
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    commands = [[npm, "install", *quiet, "--prefix", str(folder), *NODE_PACKAGES]]
    if _installed(folder, "the vendor's JavaScript SDK", commands):
        os.environ[MODULES_VARIABLE] = str(folder / "node_modules")


def _installed(folder: Path, what: str, commands: list[list[str]]) -> bool:
    """Whether it is there; once, these commands put it into a folder of this environment."""
    whole = folder / "installed"  # a folder that was left half-way is none
    wanted = json.dumps(commands)
    if whole.exists() and whole.read_text() == wanted:
        return True
    print(f"installing {what}: {' '.join(commands[-1])}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    for command in commands:
        try:
            status = subprocess.run(command, check=False, timeout=600).returncode
            failure = f"status {status}" if status else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            failure = type(error).__name__
        if failure:
            print(f"it could not be installed ({failure}): its tests will skip")
            return False
    whole.write_text(wanted)
    return True


def _go_is_new_enough(go: str) -> bool:
    """Whether this Go can build it without fetching another Go."""
    try:
        said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= LIVEKIT_NEEDS_GO


def main() -> int:
    """Run every step, also after one has failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", action="store_true", help="run the tests marked slow too")
    arguments = parser.parse_args()
    provide_packages(arguments.slow)
    provide_livekit_server()
    if arguments.slow:  # the tests that need them are slow
        provide_python_sdk()
        provide_javascript_sdk()
    failed = []
    for name, command in steps(arguments.slow):
        shown = " ".join(Path(command[0]).name if i == 0 else c for i, c in enumerate(command))
        print(f"\n== {name}: {shown}", flush=True)
        start = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(f"== {name}: {'ok' if status == 0 else 'FAILED'}, {time.monotonic() - start:.0f} s")
        if status:
            failed.append(name)
    print("\nfailed: " + ", ".join(failed) if failed else "\nall checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

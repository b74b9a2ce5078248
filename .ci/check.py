"""Everything that must hold before a change lands; the same here and in CI.

    python .ci/check.py            the everyday suite, below ten minutes on two cores
    python .ci/check.py --slow     with the tests marked slow, as CI runs it

Exit status 0 when every step passed, else 1. Each step is shown with the command that repeats it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SCRIPTS = Path(PYTHON).parent


def steps(slow: bool) -> list[tuple[str, list[str]]]:
    """Name and command of each step."""
    tests = [PYTHON, "-m", "pytest", "-q", "--durations=8"]
    tests += ["--cov", "--cov-branch", "--cov-report=term:skip-covered"]
    tests += ["--benchmark-disable"]
    tests += [] if slow else ["-m", "not slow"]
    return [
        ("lint", [str(SCRIPTS / "ruff"), "check", "."]),
        ("format", [str(SCRIPTS / "ruff"), "format", "--check", "."]),
        ("types", [PYTHON, "-m", "mypy"]),
        ("import contract", [str(SCRIPTS / "lint-imports")]),
        ("tests", tests),
    ]


def provide_chromium() -> None:
    """In CI, install what the tests would otherwise skip; elsewhere that is the user's business."""
    if shutil.which("chromium") or not os.environ.get("CI") or not shutil.which("apt-get"):
        return
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=600)


def main() -> int:
    """Run every step, also after one has failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", action="store_true", help="run the tests marked slow too")
    arguments = parser.parse_args()
    provide_chromium()
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

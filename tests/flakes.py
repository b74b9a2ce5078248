"""How often each session test fails: all of them, again and again, quiet or on a busy machine.

    python -m tests.flakes --times 10
    python -m tests.flakes --times 5 --load 2
    python -m tests.flakes --times 50 -- tests/e2e/test_browser.py
    python -m tests.flakes --times 4 --keep quiet/

``--load`` is the number of busy loops beside them. ``--keep`` keeps the JUnit file of each run in a
folder and counts the runs that are there already, so that a campaign of hours can be stopped and
continued. What follows ``--`` is for pytest, in place of the session tests that CI runs. Prints
each failure as it occurs, and at the end a rate with its interval for each test that ever failed or
was inconclusive, and for all of them. Exit status 1 when any failed.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from g2gbench.statistics.clopper_pearson import words
from tests.benchmarks.busy import busy
from tests.inconclusive import PREFIX

CI_SESSIONS: Final = "session and not nightly"


class Outcome(NamedTuple):
    """What came of one test in one run; ``text`` says why it did not pass."""

    test: str
    kind: str  # passed, failed, inconclusive or skipped
    text: str


def outcomes(junit: Path) -> Iterator[Outcome]:
    """Those of one run. A test that broke in its clean-up has two, of which one failed."""
    for case in ElementTree.parse(junit).iter("testcase"):
        test = f"{case.get('classname')}::{case.get('name')}"
        wrong = [*case.iter("failure"), *case.iter("error")]
        skipped = case.find("skipped")
        if wrong:
            yield Outcome(test, "failed", wrong[0].text or "")
        elif skipped is not None:
            reason = skipped.get("message", "")
            yield Outcome(test, "inconclusive" if PREFIX in reason else "skipped", reason)
        else:
            yield Outcome(test, "passed", "")


def table(found: Mapping[str, Counter[str]]) -> list[str]:
    """Lines of a Markdown table: tests that did not always pass, then all of them."""
    whole: Counter[str] = Counter()
    lines = ["| Test | Failed | Rate | Inconclusive |", "|---|---:|---|---:|"]
    for test, kinds in sorted(found.items()):
        whole += kinds
        if kinds["failed"] or kinds["inconclusive"]:
            lines.append(_row(test, kinds))
    return [*lines, _row("all", whole)]


def _row(name: str, kinds: Counter[str]) -> str:
    ran = kinds["passed"] + kinds["failed"]
    rate = words(kinds["failed"], ran) if ran else "never ran to its end"
    of = f"{kinds['inconclusive']} of {ran + kinds['inconclusive']}"
    return f"| {name} | {kinds['failed']} of {ran} | {rate} | {of} |"


def run_once(selection: Sequence[str], junit: Path) -> list[Outcome]:
    """One run of the tests. Raises ChildProcessError where pytest itself could not run."""
    options = ["-q", "--benchmark-disable", f"--junitxml={junit}", *selection]
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not junit.exists():
        output = done.stdout + done.stderr
        raise ChildProcessError(f"pytest ended with {done.returncode}: {output}")
    return list(outcomes(junit))


@contextlib.contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Repeat, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=10, metavar="N")
    parser.add_argument("--load", type=int, default=0, metavar="K")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("selection", nargs="*", help="for pytest, after --")
    given = parser.parse_args(arguments)
    with _folder(given.keep) as folder:
        return _repeated(given, folder)


def _repeated(given: argparse.Namespace, folder: Path) -> int:
    found: dict[str, Counter[str]] = {}
    earlier = sorted(folder.glob("*.xml"))
    for outcome in chain.from_iterable(map(outcomes, earlier)):
        found.setdefault(outcome.test, Counter())[outcome.kind] += 1
    try:
        for number in range(1, given.times + 1):
            begun = time.monotonic()
            junit = folder / f"{len(earlier) + number:03}.xml"
            with busy(given.load):
                came = run_once(given.selection or ["-m", CI_SESSIONS], junit)
            for outcome in came:
                found.setdefault(outcome.test, Counter())[outcome.kind] += 1
                if outcome.kind in ("failed", "inconclusive"):
                    print(f"{outcome.kind}: {outcome.test}\n{outcome.text}\n", flush=True)
            kinds = Counter(outcome.kind for outcome in came)
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
            seconds = time.monotonic() - begun
            print(f"run {number} of {given.times}: {counts}; {seconds:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    print("\n".join(["", *table(found)]))
    return int(any(kinds["failed"] for kinds in found.values()))


if __name__ == "__main__":
    sys.exit(main())

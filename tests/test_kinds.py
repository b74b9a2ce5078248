"""A test that starts a process has to say so."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.integration

pytest_plugins = ["pytester"]
CONFTEST = """
from tests.kinds import Plugin

def pytest_configure(config):
    config.addinivalue_line("markers", "integration: starts processes")
    config.pluginmanager.register(Plugin())
"""
TESTS = """
import subprocess
import pytest

def start():
    subprocess.run(["/bin/true"], check=True)

@pytest.fixture
def started():
    start()

@pytest.mark.integration
def test_that_says_so(): start()

def test_that_starts_none(): pass

def test_that_imports_what_starts_one():
    import starts_one

def test_that_does_not(): start()

def test_whose_fixture_does(started): pass

def test_that_fails_by_itself(): assert start()
"""


def test_a_test_that_starts_a_process_fails_unless_it_says_so(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    pytester.makepyfile(starts_one="import subprocess; subprocess.run(['/bin/true'], check=True)")
    pytester.syspathinsert()
    done = pytester.runpytest_inprocess("-p", "no:g2gbench", "-p", "no:asyncio")
    done.assert_outcomes(passed=3, failed=2, errors=1)
    lines = [
        "*::test_that_does_not started '/bin/true': mark it integration",
        "*::test_whose_fixture_does started '/bin/true': mark it integration",
        "*assert start()*",
    ]
    for line in lines:
        done.stdout.fnmatch_lines_random([line])

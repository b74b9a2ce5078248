from __future__ import annotations

import getpass
import json
import platform

from g2gbench.store.machine import PACKAGES, describe_machine, package_versions


def test_a_machine_is_described_by_what_it_can_do() -> None:
    machine = describe_machine()
    assert machine["cores"] >= 1
    assert machine["memory_bytes"] > 10**8
    assert machine["python"].startswith(platform.python_implementation())


def test_neither_the_machine_nor_the_user_is_named() -> None:
    texts = [value for value in describe_machine().values() if isinstance(value, str)]
    for name in (platform.node(), getpass.getuser()):
        assert name not in texts
    assert "hostname" not in json.dumps(describe_machine())


def test_the_versions_of_the_packages_that_matter_are_named() -> None:
    versions = package_versions()
    assert set(versions) == set(PACKAGES)
    assert versions["numpy"]

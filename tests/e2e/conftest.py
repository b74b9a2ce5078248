"""One real session for every test that only reads what a session left."""

from __future__ import annotations

import pytest

import g2gbench
from g2gbench import report
from g2gbench.scenario import loads
from g2gbench.store.reading import Run

RECORDED = """\
name: recorded
target:
  kind: loopback
  model: camera-360p
  processing: {mean: 50ms, faults: {drop_every: 20}}
source: {content: street, size: 640x360, fps: 30}
session: {warmup: 2s, duration: 8s, playout_delay: 0ms, fidelity: vmaf}
network: {uplink: {delay: 20ms}, downlink: {delay: 40ms}}
expect: [g2g_ms.p99 < 10s]
"""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A stored run of one trial, with drops, delays and scored pictures; to be read only."""
    return g2gbench.run(loads(RECORDED), out=tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def reports() -> None:
    """For a test that reads the report of a run of its own."""


@pytest.fixture(autouse=True)
def _reported(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the seconds that a report takes where no test reads it."""
    if "reports" not in request.fixturenames:
        monkeypatch.setattr(report, "write", lambda _: None)

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from g2gbench.report.formats import markdown, terminal
from g2gbench.report.views.run_view import calibration, machine, rooms
from g2gbench.store.reading import Run
from tests.report.conftest import Reported

pytestmark = pytest.mark.integration


def with_target(run: Run, target: dict[str, Any], *settings: dict[str, Any]) -> Run:
    varied = enumerate(settings or ({},))
    cells = [{"cell": str(i), "repeat": 1, "settings": some} for i, some in varied]
    changed = {"scenario": {"target": target}, "cells": cells, "trials": []}
    return replace(run, facts={**run.facts, **changed})


@pytest.mark.parametrize(
    ("target", "room"),
    [
        ({"kind": "loopback"}, "embedded"),
        ({"kind": "loopback", "room": "livekit-server"}, "livekit-server"),
        (
            {"kind": "loopback", "room": {"kind": "livekit-server", "command": "lk"}},
            "livekit-server lk",
        ),
        (
            {"kind": "livekit", "url": "wss://key:secret@media.example:7880/x?access_token=t"},
            "LiveKit server at media.example:7880",
        ),
        ({"kind": "livekit", "url": "${LIVEKIT_URL}"}, "LiveKit server"),
        ({"kind": "service", "url": None}, "the one that the service names"),
        (
            {"kind": "service", "url": "wss://api.example/v1?api_key=s"},
            "the one that the service at api.example names",
        ),
        ({}, ""),
    ],
)
def test_the_room_is_named_without_credentials(
    reported: Reported, target: dict[str, Any], room: str
) -> None:
    run = with_target(reported["pass"], target)
    assert rooms(run) == room
    assert dict(machine(run)).get("room", "") == room


def test_rooms_that_a_matrix_varies_are_all_named(reported: Reported) -> None:
    settings = [
        {"target.room": "embedded", "publish.codec": "vp8"},
        {"target.room": "livekit-server", "publish.codec": "vp8"},
        {"target.room": "embedded", "publish.codec": "h264"},
    ]
    run = with_target(reported["pass"], {"kind": "loopback"}, *settings)
    assert rooms(run) == "embedded, livekit-server"


def test_every_report_names_the_calibration_that_it_rests_on(reported: Reported) -> None:
    run = reported["blackout"]
    said = calibration(run)
    assert "3 days earlier, 24 trials" in said
    assert said in reported.html("blackout")
    assert said in " ".join(terminal.render(run).split())
    assert said in markdown.render(run)


def test_every_report_says_that_there_is_none(reported: Reported) -> None:
    run = reported["pass"]
    said = calibration(run)
    assert said.startswith("There is no calibration of this machine: run g2gbench calibrate")
    assert said in reported.html("pass")
    assert said in " ".join(terminal.render(run).split())
    assert said in markdown.render(run)

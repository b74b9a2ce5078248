"""Every kind of mistake is reported with its exact place and what is allowed instead."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from g2gbench.errors import ExitCode
from g2gbench.scenario import ScenarioError, load

BAD = Path(__file__).parent / "bad"


class Expected(NamedTuple):
    line: int | None
    column: int | None
    path: str
    says: str  # part of what is allowed, or of the message where nothing else can be allowed
    nearest: str | None = None


VP8_TO_H265 = "allowed: vp8, vp9, h264, av1, h265"
DURATIONS = "a duration in us, ms, s or min, such as 50ms"
BITRATES = "a bitrate in bps, kbps, Mbps or Gbps, such as 2Mbps"
SIZES = "allowed: WIDTHxHEIGHT, both even, 192x32 to 3840x2160"
PUBLISH_KEYS = "allowed: codec, max_bitrate, max_framerate, simulcast"

TABLE: dict[str, Expected] = {
    "alias-of-itself": Expected(3, 15, "", 'the alias "*a" refers to no complete value'),
    "alias-unknown": Expected(3, 10, "", 'the alias "*other" refers to no complete value'),
    "bitrate-bare": Expected(
        3, 24, "publish.max_bitrate", f"a unit is needed; allowed: {BITRATES}"
    ),
    "bitrate-nan": Expected(3, 24, "publish.max_bitrate", BITRATES),
    "bitrate-too-high": Expected(3, 24, "publish.max_bitrate", "allowed: 10kbps to 100Mbps"),
    "bitrate-unit-case": Expected(3, 24, "publish.max_bitrate", BITRATES, "2Mbps"),
    "bitrate-zero-bare": Expected(3, 24, "publish.max_bitrate", "a unit is needed"),
    "client-camera": Expected(
        3, 16, "source.kind", "a page takes no camera yet; allowed: synthetic, file"
    ),
    "client-content-hint": Expected(
        3,
        38,
        "client.content_hint",
        "the native client's package takes no hint: only a page's browser does; "
        "allowed: none, kind: browser beside it",
    ),
    "client-display": Expected(
        3,
        33,
        "client.display",
        "the native client hands frames to no display: only a page's browser tells when one was "
        "presented; allowed: false, kind: browser beside it",
    ),
    "client-simulcast": Expected(
        5, 34, "publish.simulcast", "a page sends one encoding; allowed: false"
    ),
    "codec-misspelt": Expected(3, 18, "publish.codec", f'found "vp10"; {VP8_TO_H265}', "vp9"),
    "codec-no": Expected(3, 18, "publish.codec", f'found "no"; {VP8_TO_H265}'),
    "codec-upper-case": Expected(4, 10, "publish.codec", VP8_TO_H265, "vp8"),
    "delay-infinite": Expected(3, 27, "network.uplink.delay", f"found .inf; allowed: {DURATIONS}"),
    "duplicate-flow-key": Expected(3, 23, "publish.codec", 'duplicate key "codec"'),
    "duplicate-key": Expected(4, 1, "repeat", 'duplicate key "repeat"; first at line 3'),
    "duration-bare": Expected(3, 21, "session.duration", f"a unit is needed; allowed: {DURATIONS}"),
    "duration-list": Expected(3, 21, "session.duration", f"found a list; allowed: {DURATIONS}"),
    "duration-negative": Expected(3, 19, "session.warmup", "a duration cannot be negative"),
    "duration-too-long": Expected(4, 13, "session.duration", "allowed: 1s to 60min"),
    "duration-too-short": Expected(3, 21, "session.duration", "allowed: 1s to 60min"),
    "empty": Expected(
        None, None, "", "the document is empty; allowed: a mapping with name, target"
    ),
    "environment-elsewhere": Expected(
        3, 19, "session.prompt", "is not read here; allowed: target.api_key, target.api_secret"
    ),
    "expect-metric": Expected(4, 5, "expect[0]", "allowed: g2g_ms.min, g2g_ms.mean", "g2g_ms.p99"),
    "expect-not-a-list": Expected(3, 9, "expect", "allowed: a list"),
    "expect-operator": Expected(3, 10, "expect[0]", "allowed: <, <=, >, >=, ==, !=", "=="),
    "expect-percent": Expected(3, 10, "expect[0]", "allowed: a ratio from 0 to 1, or 0% to 100%"),
    "expect-unit": Expected(3, 10, "expect[0]", "allowed: a number in fps's own unit (fps)"),
    "framerate-infinite": Expected(3, 26, "publish.max_framerate", "allowed: a number from 1 to"),
    "framerate-with-unit": Expected(3, 26, "publish.max_framerate", "allowed: a number from 1 to"),
    "http-url": Expected(2, 71, "target.http_url", 'found "wss://host"; allowed: a URL'),
    "kind-missing": Expected(
        2, 9, "target.kind", "missing, and it has no default; allowed: loopback, service, livekit"
    ),
    "kind-unknown": Expected(
        2, 16, "target.kind", "allowed: loopback, service, livekit", "loopback"
    ),
    "livekit-room": Expected(
        5, 3, "target.room", 'unknown key "room"; allowed: kind, model, processing, service, url'
    ),
    "livekit-without-secret": Expected(
        2, 9, "target.api_secret", "missing, and it has no default; allowed: text, such as ${NAME}"
    ),
    "quality-ascending": Expected(
        3, 26, "quality.latency.g2g", "the bounds must ascend from good to poor"
    ),
    "quality-descending": Expected(
        3, 24, "quality.stall.fps", "the bounds must descend from good to poor"
    ),
    "quality-level": Expected(3, 10, "expect[0]", "allowed: critical, poor, fair, good", "fair"),
    "quality-two": Expected(3, 17, "quality.loss", "a list of three ascending bounds"),
    "quality-unit": Expected(3, 26, "quality.latency.rtt", "a unit is needed, for fair"),
    "quality-window": Expected(3, 19, "quality.window", "allowed: a whole number from 1 to 3600"),
    "list": Expected(1, 1, "", "found a list; allowed: a mapping with name, target"),
    "loss-bare": Expected(3, 28, "network.downlink.loss", "allowed: a ratio in %, such as 1%"),
    "loss-over-100": Expected(3, 26, "network.uplink.loss", "allowed: 0% to 100%"),
    "matrix-duplicate": Expected(
        3, 37, "matrix.publish.codec[2]", "it gives the same cell as matrix.publish.codec[0]"
    ),
    "matrix-empty-list": Expected(3, 25, "matrix.publish.codec", "a list of one or more values"),
    "matrix-not-a-list": Expected(3, 25, "matrix.publish.codec", "a list of one or more values"),
    "matrix-overlap": Expected(3, 35, "matrix.publish.codec", "the matrix varies publish too"),
    "matrix-path": Expected(
        3, 10, "matrix.publish.codecs", "allowed: publish.codec, publish.max_", "publish.codec"
    ),
    "matrix-same-quantity": Expected(
        3, 39, "matrix.publish.max_bitrate[1]", "the same cell as matrix.publish.max_bitrate[0]"
    ),
    "matrix-value": Expected(4, 24, "matrix.publish.codec[1]", VP8_TO_H265, "vp9"),
    "merge-key": Expected(3, 11, "publish.<<", "merge keys (<<) are not supported"),
    "model-missing": Expected(2, 9, "target.model", "allowed: 1 to 64 letters, digits"),
    "model-unknown": Expected(2, 33, "target.model", "allowed: lucy-2.1, lucy-vton-2", "lucy-2.6"),
    "name-number": Expected(1, 7, "name", "found 2024; it must be put in quotes to be text"),
    "name-with-slash": Expected(1, 7, "name", "allowed: 1 to 64 letters, digits, dots"),
    "playout-crossed": Expected(6, 10, "session.playout_delay.max", "allowed: 200ms or more"),
    "playout-steps": Expected(
        3, 26, "session.playout_delay", "allowed: natural, multiples of 10ms"
    ),
    "playout-too-long": Expected(3, 42, "session.playout_delay.max", "allowed: 0ms to 40.95s"),
    "prompt-no": Expected(3, 19, "session.prompt", "allowed: text of 1 to 5000 characters"),
    "queue-bare": Expected(
        3, 44, "network.uplink.queue", f"a unit is needed; allowed: {DURATIONS}"
    ),
    "queue-half-packet": Expected(3, 27, "network.uplink.queue", "a whole number of packets"),
    "repeat-boolean": Expected(
        3, 9, "repeat", "found true; allowed: a whole number from 1 to 1000"
    ),
    "freeze-never": Expected(
        2, 73, "target.processing.faults.freeze", "without freeze_every it has no effect"
    ),
    "freeze-without-end": Expected(
        2, 79, "target.processing.faults.freeze_every", "without freeze it has no effect"
    ),
    "repeat-text": Expected(3, 9, "repeat", 'found "3"; allowed: a whole number from 1 to 1000'),
    "repeat-zero": Expected(3, 9, "repeat", "allowed: a whole number from 1 to 1000"),
    "service-acks": Expected(
        2, 68, "target.service.faults.acks", "allowed: normal, never, error", "never"
    ),
    "service-after-bare": Expected(
        2, 81, "target.service.faults.kill_worker_after", "a unit is needed"
    ),
    "service-garbage": Expected(
        2, 77, "target.service.faults.garbage_every", "without garbage it has no effect"
    ),
    "service-garbage-kind": Expected(
        2, 72, "target.service.faults.garbage[0]", "allowed: no-json, no-type", "no-json"
    ),
    "service-garbage-word": Expected(
        2, 71, "target.service.faults.garbage", "allowed: a list, no-json"
    ),
    "service-sessions": Expected(
        2, 72, "target.service.faults.sessions", "without another fault it has no effect"
    ),
    "service-stall": Expected(
        2, 73, "target.service.faults.stall_for", "without stall_after it has no effect"
    ),
    "room-command-embedded": Expected(
        2, 75, "target.room.command", "the embedded room has no command; allowed: kind: livekit-ser"
    ),
    "room-command-empty": Expected(
        2, 81, "target.room.command", "allowed: text of 1 to 4096 characters"
    ),
    "room-unknown": Expected(
        2, 49, "target.room", "allowed: embedded, livekit-server, {kind:", "livekit-server"
    ),
    "section-empty": Expected(3, 1, "publish", "found nothing; allowed: a mapping with codec"),
    "section-is-text": Expected(3, 10, "publish", "allowed: a mapping with codec, max_bitrate"),
    "simulcast-on": Expected(3, 22, "publish.simulcast", 'found "on"; allowed: true, false'),
    "size-not-a-size": Expected(3, 16, "source.size", SIZES),
    "size-odd": Expected(3, 16, "source.size", "width and height must be even"),
    "size-too-small": Expected(3, 16, "source.size", SIZES),
    "source-content-of-a-file": Expected(
        3, 55, "source.content", "a file source has none; allowed: kind: synthetic"
    ),
    "source-device-of-a-file": Expected(
        3, 54, "source.device", "a file source has none; allowed: kind: camera"
    ),
    "source-device-negative": Expected(
        3, 32, "source.device", "allowed: a number from 0 to 99, a path, /dev/video0"
    ),
    "source-kind": Expected(
        3, 16, "source.kind", 'found "camra"; allowed: synthetic, file, camera', "camera"
    ),
    "source-no-file": Expected(3, 28, "source.path", "no such file: "),
    "source-no-path": Expected(3, 9, "source.path", "missing; allowed: the path of a video"),
    "source-path-of-a-camera": Expected(
        3, 30, "source.path", "a camera source has none; allowed: kind: file"
    ),
    "timeline-no-image": Expected(3, 28, "timeline[0].image", "no such file: "),
    "spread-over-mean": Expected(2, 75, "target.processing.spread", "allowed: at most mean, 5ms"),
    "syntax": Expected(4, 7, "", "not valid YAML: expected ',' or '}', but got ':'"),
    "tag": Expected(3, 9, "", "YAML tags (!…) are not allowed; write the plain value"),
    "target-missing": Expected(1, 1, "target", "allowed: a mapping with kind, model"),
    "text": Expected(1, 1, "", 'found "just text"; allowed: a mapping with name, target'),
    "timeline-after-end": Expected(
        3, 17, "timeline[0].at", "allowed: less than session.duration, 20s"
    ),
    "timeline-nothing": Expected(3, 12, "timeline[0]", "allowed: network, prompt, image"),
    "timeline-order": Expected(5, 10, "timeline[1].at", "allowed: more than 8s, the entry before"),
    "two-documents": Expected(3, 1, "", "a second document begins here"),
    "unknown-flow-key": Expected(
        3, 27, "source.sise", "allowed: kind, content, path, device, size, fps, mirror", "size"
    ),
    "unknown-key": Expected(5, 3, "publish.max_bitrat", PUBLISH_KEYS, "max_bitrate"),
    "unknown-section": Expected(3, 1, "netwrok", 'unknown key "netwrok"; allowed: name', "network"),
    "burst-bare": Expected(3, 37, "network.uplink.burst", "found 3; a unit is needed"),
    "burst-of-everything": Expected(
        3, 39, "network.uplink.burst", "every packet is lost; allowed: loss below 100%"
    ),
    "burst-too-short": Expected(
        3, 38, "network.uplink.burst", "too short for a loss of 80%; allowed: 4.001packets or more"
    ),
    "burst-without-loss": Expected(
        3, 39, "network.uplink.burst", "nothing is lost; allowed: loss beside it"
    ),
    "codel-misspelt": Expected(
        3, 55, "network.uplink.queue_discipline", "allowed: drop-tail, codel", "codel"
    ),
    "codel-without-capacity": Expected(
        3, 38, "network.uplink.queue_discipline", "allowed: capacity beside it, or a trace"
    ),
    "correlation-without-jitter": Expected(
        3, 40, "network.uplink.jitter_correlation", "there is no jitter; allowed: jitter beside it"
    ),
    "duplication-bare": Expected(3, 33, "network.uplink.duplication", "a ratio in %, such as 1%"),
    "jitter-negative": Expected(3, 28, "network.uplink.jitter", "a duration cannot be negative"),
    "matrix-trace": Expected(3, 39, "matrix.network.uplink.trace[1]", "no such file"),
    "overhead-half-byte": Expected(
        3, 47, "network.uplink.overhead", "not a whole number of bytes; allowed: a size in B, kB"
    ),
    "overhead-without-capacity": Expected(
        3, 30, "network.uplink.overhead", "nothing waits where capacity is unlimited"
    ),
    "profile-field": Expected(
        3, 30, "profiles.office.uplink.dealy", "allowed: delay, jitter, jitter_c", "delay"
    ),
    "profile-misspelt": Expected(
        3, 20, "network.profile", "allowed: none, ethernet, wifi, wifi-busy", "wifi"
    ),
    "profile-name": Expected(
        3, 25, "profiles.my office", "allowed: 1 to 64 letters, digits, dots, dashes"
    ),
    "profile-own-misspelt": Expected(
        4, 20, "network.profile", "bufferbloat, blackout, office", "office"
    ),
    "profile-shadows": Expected(
        3, 17, "profiles.lte", '"lte" is a built-in profile; allowed: another name'
    ),
    "profiles-file-missing": Expected(3, 11, "profiles", 'found "nowhere.yaml"; no such file'),
    "profiles-list": Expected(3, 11, "profiles", "allowed: a mapping of names to {uplink"),
    "queue-without-capacity": Expected(
        3, 39, "network.uplink.queue", "allowed: capacity beside it, or a trace that gives it"
    ),
    "reordering-word": Expected(3, 38, "network.uplink.allow_reordering", "allowed: true, false"),
    "timeline-count-alone": Expected(
        3, 28, "timeline[0].count", "nothing repeats; allowed: every beside it"
    ),
    "timeline-count-end": Expected(3, 39, "timeline[0].count", "after the end; allowed: at most 4"),
    "timeline-every-bare": Expected(3, 28, "timeline[0].every", "found 5; a unit is needed"),
    "timeline-every-once": Expected(
        3, 28, "timeline[0].every", "it happens only once; allowed: less than 19s"
    ),
    "timeline-for-end": Expected(3, 27, "timeline[0].for", "after the end; allowed: at most 5s"),
    "timeline-for-every": Expected(3, 37, "timeline[0].for", "allowed: less than every, 5s"),
    "timeline-for-prompt": Expected(3, 26, "timeline[0].for", "only a network ends"),
    "timeline-overlap": Expected(
        5, 10, "timeline[1].at", "at 4s the network of timeline[0] is still in force; allowed: 5s"
    ),
    "timeline-overlap-repeated": Expected(
        4, 21, "timeline[0].every", "at 5s the network of timeline[1] is still in force"
    ),
    "timeline-profile": Expected(3, 40, "timeline[0].network.profile", "allowed: none", "lte"),
    "timeline-too-many": Expected(4, 11, "timeline", "these are 3600 changes; allowed: at most"),
    "timeline-two-prompts": Expected(5, 10, "timeline[1].at", "at 9s timeline[0] has a prompt too"),
    "trace-and-capacity": Expected(
        3, 30, "network.uplink.capacity", "the trace gives it at all times; allowed: one of"
    ),
    "trace-missing": Expected(3, 27, "network.uplink.trace", 'found "nowhere.csv"; no such file'),
    "trace-number": Expected(3, 27, "network.uplink.trace", "allowed: the name of a trace file"),
    "trace-other-file": Expected(
        3, 27, "network.uplink.trace", "traces/good.csv is not the trace that was meant"
    ),
    "trace-without-capacity": Expected(
        3, 27, "network.uplink.queue", "nothing waits where capacity is unlimited"
    ),
    "yaml-1-1": Expected(2, 1, "", "only YAML 1.2 is read"),
}


IN_A_TRACE: dict[str, Expected] = {
    "trace-backwards": Expected(3, 1, "backwards.mahi", "the time goes back; allowed: 5 or more"),
    "trace-cells": Expected(3, 1, "cells.csv", "3 cells; allowed: 2 cells"),
    "trace-empty": Expected(None, None, "empty.csv", "the trace is empty; allowed: one whole"),
    "trace-half-ms": Expected(
        2, 1, "half-ms.mahi", "a whole number of milliseconds, 0 to 86400000"
    ),
    "trace-header": Expected(
        1, 1, "header.csv", "CSV with the header time,capacity,delay,loss", "capacity"
    ),
    "trace-range": Expected(3, 4, "range.csv", 'found "101%"; allowed: loss up to 100%'),
    "trace-start": Expected(2, 1, "start.csv", "the first row is not of time 0; allowed: 0s"),
    "trace-time": Expected(4, 1, "time.csv", "the time does not rise; allowed: more than 1s"),
    "trace-unit": Expected(3, 4, "unit.csv", 'found "5"; a unit is needed; allowed: a bitrate'),
}
"""Mistakes in a trace beside the scenario; instead of a path the name of that file."""


def test_every_stored_file_has_its_expectation() -> None:
    assert sorted(path.stem for path in BAD.glob("*.yaml")) == sorted({**TABLE, **IN_A_TRACE})


@pytest.mark.parametrize(("name", "expected"), IN_A_TRACE.items(), ids=IN_A_TRACE.keys())
def test_a_mistake_in_a_trace_is_told_with_the_place_in_its_file(
    name: str, expected: Expected
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(BAD / f"{name}.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == expected[:2]
    assert problem.file == str(BAD / "traces" / expected.path)
    assert problem.nearest == expected.nearest
    assert expected.says in str(problem)


@pytest.mark.parametrize(("name", "expected"), TABLE.items(), ids=TABLE.keys())
def test_a_mistake_is_told_once_with_place_and_what_is_allowed(
    name: str, expected: Expected
) -> None:
    path = BAD / f"{name}.yaml"
    with pytest.raises(ScenarioError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.path) == expected[:3]
    assert problem.nearest == expected.nearest
    assert problem.file == str(path)
    assert expected.says in str(problem)
    assert problem.allowed or problem.message
    assert caught.value.exit_code is ExitCode.BAD_INPUT


def test_all_problems_of_a_file_are_told_in_the_order_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "several.yaml"
    path.write_text(
        "name: several\n"
        "target: {kind: loopback, model: lucy-2.1}\n"
        "publish: {codec: vp10, codcc: vp8}\n"
        "expect: [g2g_ms.p96 < 5, drop_ratio = 3]\n"
        "session: {duration: 20, prompt: a, prompt: b}\n"
        "matrix: {publish.simulcast: [7], source.fsp: [30]}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert [problem.path for problem in caught.value.problems] == [
        "publish.codec",
        "publish.codcc",
        "expect[0]",
        "expect[1]",
        "session.duration",
        "session.prompt",
        "matrix.publish.simulcast[0]",
        "matrix.source.fsp",
    ]
    assert str(caught.value).splitlines()[0] == (
        f'{path}:3:18: publish.codec: found "vp10"; allowed: vp8, vp9, h264, av1, h265; '
        'did you mean "vp9"?'
    )

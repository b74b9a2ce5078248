from __future__ import annotations

import os
import signal

import click
import pytest

from g2gbench.cli.signals import stop_signals


async def test_a_wish_to_stop_is_heard_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with stop_signals() as stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            await stop.wait()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "stopping\n")


async def test_who_asks_may_say_it_otherwise() -> None:
    said: list[str] = []
    with stop_signals(lambda: said.append("ends")) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()
    assert said == ["ends"]


async def test_nobody_needs_to_be_there_to_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", gone)
    with stop_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()

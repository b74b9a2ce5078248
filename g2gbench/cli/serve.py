"""``g2gbench serve``: the emulated service, for any client that speaks its protocol."""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
from typing import Any

import click

from g2gbench.errors import InputError
from g2gbench.scenario import SERVICE_MODELS
from g2gbench.service.app import STREAM_PATH, Service, ServiceSettings
from g2gbench.service.host import HostSettings
from g2gbench.service.transforms import TRANSFORMS
from g2gbench.trial.plan import SERVICE_MAX_BITRATE_BPS, START_BITRATE_KBPS


@click.command("serve", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port",
    default=8765,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="TCP port; 0: any free one.",
)
@click.option("--model", default="lucy-2.1", show_default=True, type=click.Choice(SERVICE_MODELS))
@click.option("--transform", default="restyle", show_default=True, type=click.Choice(TRANSFORMS))
@click.option(
    "--processing-ms",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 10_000),
    help="Time a frame is held, ms.",
)
@click.option("--key", multiple=True, help="API key to let in (repeatable); default: any.")
@click.option(
    "--queue",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="Queue positions told to a client.",
)
@click.option(
    "--sessions",
    default=1,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Sessions at once.",
)
def serve_command(
    port: int,
    model: str,
    transform: str,
    processing_ms: float,
    key: tuple[str, ...],
    queue: int,
    sessions: int,
) -> None:
    """Run the emulated service on loopback until SIGTERM or Ctrl-C.

    \b
    Example:
      g2gbench serve --port 8765 --processing-ms 40
    """
    size = SERVICE_MODELS[model]
    host = HostSettings(
        worker={
            "transform": transform,
            "marker": "v1",
            "output_size": [size.width, size.height],
            "fps": size.fps,
            "codec": "vp8",
            "max_bitrate_bps": SERVICE_MAX_BITRATE_BPS,
            "processing": {"mean_s": processing_ms / 1000},
            "seed": 1,
        },
        room={"start_bitrate_kbps": START_BITRATE_KBPS},
    )
    settings = ServiceSettings(
        host,
        model,
        port=port,
        keys=key or None,
        queue=tuple(range(queue, 0, -1)),
        seats=sessions,
    )
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        runner.run(_serve(settings))


async def _serve(settings: ServiceSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    service = Service(settings, _say)
    try:
        try:
            port = await service.start()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise InputError(f"--port {settings.port}: {reason}; choose another one") from error
        base = f"ws://{settings.address}:{port}"
        click.echo(f"serving {settings.model} at {base}{STREAM_PATH}?api_key=KEY&model=…")
        click.echo(f"base URLs for an SDK: {base} and http://{settings.address}:{port}")
        await stop.wait()
    finally:
        await service.stop()


def _say(message: dict[str, Any]) -> None:
    if "lost" in message:
        click.echo(message["lost"], err=True)

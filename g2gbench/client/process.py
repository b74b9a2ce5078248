"""The measured client: a realtime session in a process of its own.

``python -m g2gbench.client.process`` reads its plan, gets ready, says so, and waits for the word.
Whatever it sees goes to its parent at once, one journal record a line: what crashes in native code
ends one trial and loses nothing.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import time

from g2gbench.client import stamp_sizes
from g2gbench.client.headless_page import BrowserMedia
from g2gbench.client.live_page import LiveMedia
from g2gbench.client.measurement import Measurement
from g2gbench.client.media import Media
from g2gbench.client.native import NativeMedia
from g2gbench.client.page import PageOptions
from g2gbench.client.plan import (
    ChangePrompt,
    ClientCommand,
    ClientPlan,
    ClientReady,
    Go,
    StopSession,
)
from g2gbench.client.session_guard import SessionFailed, Stopped
from g2gbench.errors import InputError, UnreachableError
from g2gbench.measure.records import STALL, Cause, Ended, Event, Record, Started, encode
from g2gbench.process.child import Parent, run


async def _main(plan: ClientPlan, parent: Parent[ClientCommand]) -> None:
    def journal(record: Record) -> None:
        parent.write(encode(record))

    def stalled(end_ns: int, seconds: float) -> None:
        journal(Event(end_ns, STALL, {"process": "client", "seconds": seconds}))

    parent.on_stall = lambda *_: None  # its lines are records, of the session alone
    refusal = ""
    media: Media | None = None
    try:
        media = await _media(plan)
        measurement = Measurement(plan, media, journal)
    except (InputError, UnreachableError) as error:  # what was there when the run began, and is
        refusal = str(error)  # not any more
    gc.collect()
    gc.freeze()  # what is here stays: no collection may walk it while frames are timed
    parent.send(ClientReady("" if media is None else media.address))
    go = await parent.commands.get()
    assert isinstance(go, Go)  # nobody asks for anything before
    if media is not None and not refusal:
        try:
            await media.ready()
        except UnreachableError as error:
            refusal = str(error)
    if refusal or media is None:
        journal(Ended(time.monotonic_ns(), "failed", refusal))
        if media is not None:
            await media.close()
        return
    local = measurement.local
    journal(
        Started(
            at_ns=time.monotonic_ns(),
            wall_time=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            client=media.kind,
            marker=plan.marker,
            fps=local.fps,
            width=local.width,
            height=local.height,
            versions=media.versions,
            playout_delay_ms=plan.playout_delay_ms,
            display=plan.display,
            max_framerate=plan.publish.max_framerate,
            deadline_ms=plan.deadline_ms,
        )
    )
    reason, message = "interrupted", ""
    cause: Cause = ""
    parent.on_stall = stalled
    commands = asyncio.ensure_future(_handle_commands(measurement, parent))
    try:
        await measurement.run(go.url)
        reason = "complete"
        parent.on_stall = lambda *_: None  # nothing is timed any more
        await measurement.score()
    except Stopped as error:
        message = str(error)
    except UnreachableError as error:
        reason, message = "unreachable", str(error)
    except SessionFailed as error:
        reason, message, cause = "failed", str(error), error.cause
    finally:
        commands.cancel()
        journal(Ended(time.monotonic_ns(), reason, message, cause))
        await media.close()


async def _handle_commands(measurement: Measurement, parent: Parent[ClientCommand]) -> None:
    """Do what a person asks for while the session runs."""
    while True:
        command = await parent.commands.get()
        if isinstance(command, ChangePrompt):
            measurement.change_prompt(command)
        elif isinstance(command, StopSession):
            measurement.finish()


async def _media(plan: ClientPlan) -> Media:
    """Return the media that the plan asks for; raises InputError, UnreachableError."""
    if plan.client == "native":
        return NativeMedia()
    stamped = stamp_sizes.corner_size(plan)
    page_kind = LiveMedia if plan.client == "live" else BrowserMedia
    return await page_kind.start(PageOptions(stamped, plan.display, plan.content_hint))


if __name__ == "__main__":
    run(_main, ClientPlan, (Go, StopSession, ChangePrompt))

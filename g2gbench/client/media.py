"""What carries a trial's media: the LiveKit package, or a page in a headless Chromium."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from g2gbench.browser.chromium import ENABLE, Chromium, find
from g2gbench.browser.connection import PageConnection
from g2gbench.browser.corners import Corner, corners
from g2gbench.browser.offers import ask, version_of
from g2gbench.browser.page import Page, PageFailed
from g2gbench.browser.pictures import PageStream
from g2gbench.client.frame_sampler import Copies, Kept, Shelf
from g2gbench.errors import InputError, UnreachableError
from g2gbench.marker import Luma, Marker
from g2gbench.measure.records import Cause, Displayed, Record
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.process.spawn import describe
from g2gbench.realtime.connection import Connection, Hooks
from g2gbench.realtime.machine import Machine
from g2gbench.realtime.room_connection import RoomConnection
from g2gbench.realtime.session import Connector
from g2gbench.realtime.streams import LocalStream
from g2gbench.sources.source import LiveSource, Source

if TYPE_CHECKING:  # the measured client starts sooner without the scenario
    from g2gbench.scenario import Scenario

log = logging.getLogger(__name__)
_AT_A_TIME: Final = 8  # pictures in one message: a few MB
Happened = Callable[[str, Mapping[str, str | float | bool | None]], None]


class Lost(Protocol):
    """Takes the loss of the media: the reason, and what kind of ending it is."""

    def __call__(self, reason: str, cause: Cause, /) -> None:
        """End the session."""


class Media(Protocol):
    """What a trial's client needs of whatever carries its media."""

    kind: str
    """``native``, ``browser``, or ``live``: a browser that a person has opened."""

    address: str
    """Where a page has to connect that is none of ours; empty where there is no such page."""

    versions: dict[str, str]
    """Of what carries it, by name."""

    connector: Connector
    """Makes the connection of each attempt."""

    def local(
        self,
        source: Source | LiveSource,
        *,
        mirrored: bool,
        marker: Marker,
        first_number: int,
        on_record: Callable[[Record], None],
        on_frame_id: Callable[[int], None],
        on_lost: Callable[[str], None],
    ) -> LocalStream:
        """What is captured and published."""

    def listen(self, happened: Happened, lost: Lost) -> None:
        """Tell what happens to it by name and detail, and its loss with the reason."""

    def shelf(self, room: int) -> Shelf:
        """Where up to so many pictures are kept; it is asked for once, before the session."""

    async def ready(self) -> None:
        """Until it can be used. Raises UnreachableError."""

    async def close(self) -> None:
        """Free everything; safe to call again."""


class NativeMedia:
    """The LiveKit package, in this process."""

    kind = "native"
    address = ""

    def __init__(self) -> None:
        self.versions = {"livekit": importlib.metadata.version("livekit")}
        self.connector: Connector = RoomConnection

    def local(self, source: Source | LiveSource, **given: Any) -> LocalStream:
        """What is captured and published."""
        return LocalStream(source, **given)

    def shelf(self, room: int) -> Shelf:
        """In this process's memory."""
        return Copies()

    def listen(self, happened: Happened, lost: Lost) -> None:
        """Nothing happens to it by itself."""

    async def ready(self) -> None:
        """It is, as soon as it is there."""

    async def close(self) -> None:
        """Nothing to free."""


class Album:
    """Pictures that a page decodes: it keeps them, and hands them over when the session is over.

    What stands for one until then is what came of it: its corner.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._loop = asyncio.get_running_loop()
        self._wanted: set[int] = set()
        self._pictures: dict[int, Luma] = {}

    def warm(self, luma: Luma, room: int) -> None:
        """The page has used its memory by the time that anything is measured."""

    def put(self, place: int, received_ns: int, luma: Luma) -> Luma:
        """Have the page keep it, once."""
        if received_ns not in self._wanted:
            self._wanted.add(received_ns)
            at_ms = self._page.clock.page_ms(received_ns)
            self._loop.call_soon_threadsafe(self._page.keep, at_ms)
        return luma

    def came(self, picture: Corner) -> None:
        """The page hands one over."""
        self._pictures[self._page.clock.ns(picture.at_ms)] = picture.luma()

    async def pictures(self, kept: list[Kept]) -> list[Kept]:
        """Have them handed over, some at a time. Raises UnreachableError.

        One that was wanted when the page had it no more is left out, and told of.
        """
        left = 1
        while left:
            try:
                left = (await self._page.call("pictures", most=_AT_A_TIME))["left"]
            except PageFailed as error:
                raise UnreachableError(str(error)) from error
        missing = len(self._wanted - self._pictures.keys())
        if missing:
            log.warning("the page had %d pictures no more when they were wanted", missing)
        return [
            replace(one, luma=found)
            for one in kept
            if (found := self._pictures.get(one.received_ns)) is not None
        ]


class BrowserMedia:
    """A page in a headless Chromium, a child of this process."""

    kind = "browser"

    def __init__(
        self, stamped_size: tuple[int, int] | None, *, display: bool, content_hint: str
    ) -> None:
        self.address = ""
        self.versions: dict[str, str] = {}
        self.connector: Connector = self._connect
        self._stamped_size = stamped_size
        self._display = display
        self._content_hint = content_hint
        self._page = Page(self._event, self._captured, self._corners, self._displayed)
        self._on_record: Callable[[Record], None] = lambda _: None
        self._chromium: Chromium | None = None
        self._stream: PageStream | None = None
        self._album = Album(self._page)
        self._keeps = False
        self._connection: PageConnection | None = None
        self._happened: Happened = lambda *_: None
        self._lost: Lost = lambda *_: None
        self._watching: asyncio.Task[None] | None = None
        self._was_hidden = False

    @classmethod
    async def start(
        cls,
        stamped_size: tuple[int, int] | None,
        *,
        display: bool = False,
        content_hint: str = "none",
    ) -> BrowserMedia:
        """Start the browser and its page, which shows what comes back when told to ``display``.

        Raises InputError where there is no browser, UnreachableError when it does not come up.
        """
        command = _browser()
        media = cls(stamped_size, display=display, content_hint=content_hint)
        try:
            url = await media._page.serve()
            media._chromium = await Chromium.start(command, url)
            hello = await media._page.ready()
        except PageFailed as error:
            await media.close()
            raise UnreachableError(f"the browser did not come up: {error}") from error
        except BaseException:
            await media.close()
            raise
        if not (hello["generator"] and hello["processor"]):
            await media.close()
            raise UnreachableError(
                "this browser cannot hand over frames (MediaStreamTrackGenerator and "
                "MediaStreamTrackProcessor are missing): use a Chromium"
            )
        media._was_hidden = not hello["visible"]
        media.versions = {"chromium": version_of(str(hello["agent"]))}
        media._watching = asyncio.ensure_future(media._watch())
        return media

    def local(
        self,
        source: Source | LiveSource,
        *,
        mirrored: bool,
        marker: Marker,
        first_number: int,
        on_record: Callable[[Record], None],
        on_frame_id: Callable[[int], None],
        on_lost: Callable[[str], None],
    ) -> LocalStream:
        """What the page publishes; raises InputError for a device that sets its own pace."""
        if isinstance(source, LiveSource):
            raise InputError("client.kind: browser takes no camera yet: use the native client")
        self._on_record = on_record
        self._stream = PageStream(
            source,
            self._page,
            mirrored=mirrored,
            marker=marker,
            first_number=first_number,
            on_record=on_record,
            on_frame_id=on_frame_id,
            on_lost=on_lost,
        )
        return self._stream

    def shelf(self, room: int) -> Shelf:
        """In the page."""
        self._keeps = room > 0
        return self._album

    def listen(self, happened: Happened, lost: Lost) -> None:
        """Tell what happens to it by name and detail, and its loss with the reason."""
        self._happened, self._lost = happened, lost

    async def ready(self) -> None:
        """It is, as soon as it is there."""

    async def close(self) -> None:
        """End the page and its browser; safe to call again."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
            detail = {"clock_error_ms": self._page.clock_error_ms, "hidden": self._was_hidden}
            self._happened("page", detail)
        await self._page.close()
        if self._chromium is not None:
            await self._chromium.end()

    def _connect(self, number: int, machine: Machine, hooks: Hooks) -> Connection:
        self._connection = PageConnection(
            number,
            machine,
            hooks,
            self._page,
            self._stamped_size,
            display=self._display,
            content_hint=self._content_hint,
            keeps=self._keeps,
        )
        return self._connection

    async def _watch(self) -> None:
        """Until the browser or its page is gone, and nobody wanted it."""
        assert self._chromium is not None
        ended = asyncio.ensure_future(self._chromium.wait())
        closed = asyncio.ensure_future(self._page.gone.wait())
        try:
            await asyncio.wait({ended, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():  # a page that goes with its browser is told of first
                await asyncio.wait({ended}, timeout=0.5)
            if ended.done():
                self._lost(f"the browser ended ({describe(ended.result())})", "browser")
            else:
                self._lost("the page is gone: its tab was closed, or crashed", "page")
        finally:
            ended.cancel()
            closed.cancel()

    def _event(self, name: str, detail: dict[str, Any]) -> None:
        if name == "visibility":
            self._was_hidden |= detail["state"] != "visible"
        elif name in ("script_error", "candidate_refused"):
            log.warning("the page: %s: %s", name, detail["message"])
            self._happened(f"page_{name}", {"message": str(detail["message"])})
        elif self._connection is not None:
            self._connection.happened(name, detail)

    def _captured(self, told: dict[str, Any]) -> None:
        if self._stream is not None:
            self._stream.handed_over(told)

    def _displayed(self, told: dict[str, Any]) -> None:
        at_ns = self._page.clock.ns(told["at"])
        self._on_record(Displayed(at_ns, int(told["rtp"]), int(told["presented"])))

    def _corners(self, batch: bytes) -> None:
        for corner in corners(batch):
            if corner.kept:
                self._album.came(corner)
            elif self._connection is not None:
                self._connection.arrived(corner)


async def check(scenarios: Iterable[Scenario]) -> None:
    """Ask the browser once for the codecs of all that measure through one, before anything runs.

    Raises InputError where there is no browser, or it does not offer one of them. One that does not
    come up is left to the trial, which keeps what it says.
    """
    codecs = dict.fromkeys(
        one.publish.codec for one in scenarios if one.client.kind == BrowserMedia.kind
    )
    if not codecs:
        return
    try:
        offers = await ask(_browser())
    except (UnreachableError, PageFailed) as error:
        log.warning("the browser could not be asked for its codecs: %s", error)
        return
    refused = [why for codec in codecs if (why := offers.why_not(codec))]
    if refused:
        raise InputError(f"publish.codec: {'; '.join(refused)}")


def _browser() -> str:
    command = find(ENVIRONMENT)
    if command is None:
        raise InputError(f"client.kind: browser needs Chromium: {ENABLE}")
    return command

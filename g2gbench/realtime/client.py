"""``RealtimeClient``: the service's client, usable alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

import g2gbench
from g2gbench import marker
from g2gbench.quality import Verdict
from g2gbench.realtime import connectivity, http, images, protocol
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import Event
from g2gbench.realtime.live_latency import LiveLatency
from g2gbench.realtime.options import (
    ConnectOptions,
    FacingMode,
    MirrorMode,
    RealtimeModel,
    Resolution,
)
from g2gbench.realtime.protocol import BASE_URL, StyleRequest
from g2gbench.realtime.room_connection import RoomConnection
from g2gbench.realtime.session import Connector, Session
from g2gbench.realtime.streams import LocalStream, PublishedStream
from g2gbench.realtime.stun import DEFAULT_SERVERS, StunServer
from g2gbench.realtime.viewer import Viewer
from g2gbench.secrecy import Unshown, shown_url
from g2gbench.sources import SyntheticSource
from g2gbench.sources.source import LiveSource, Source

KEY_VARIABLE = "DECART_API_KEY"


class RealtimeClient:
    """A client of the realtime service; an async context manager, or end it by ``release``.

    Args:
        api_key: permanent or ephemeral; None: the environment's ``DECART_API_KEY``.
        base_url: where the service's WebSocket listens, ``wss://…`` or ``ws://…``; None: its public
            address.
        http_base_url: where its HTTP routes are; None: the same host.
        connector: makes the connection of each attempt, whose media goes through the LiveKit
            package unless told otherwise.

    Raises RealtimeError (INVALID_INPUT) when there is no key, or a URL of another kind.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        http_base_url: str | None = None,
        connector: Connector = RoomConnection,
    ) -> None:
        # A traceback may show what this was called with.
        api_key = Unshown(os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key)
        self._connector = connector
        if not api_key:
            raise RealtimeError(
                ErrorCode.INVALID_API_KEY, f"no API key: give api_key or set {KEY_VARIABLE}"
            )
        self._key = SecretStr(api_key)
        self.base_url = _checked(base_url or BASE_URL, "base_url", ("ws", "wss"))
        http_url = http_base_url or _http_of(self.base_url)
        self.http_base_url = _checked(http_url, "http_base_url", ("http", "https"))
        self._sessions: list[Session | Viewer] = []
        self._released = False

    def __repr__(self) -> str:
        return f"RealtimeClient(base_url={shown_url(self.base_url)!r})"

    async def aclose(self) -> None:
        """End everything, as `release`."""
        await self.release()

    async def __aenter__(self) -> RealtimeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    async def connect(
        self, options: ConnectOptions, local_stream: PublishedStream | None = None
    ) -> Session:
        """Connect and, unless told otherwise, publish; returns when the session is connected.

        ``local_stream``: the caller's own, which stays the caller's; None: one is made of a
        synthetic source of the model's size, and goes with the session. Raises RealtimeError.
        """
        self._check_alive()
        model = _model(options)
        style = _style(options)
        local: PublishedStream | None = local_stream
        owned = False
        if local is not None:
            local.check_alive()
        if not options.publish_camera:
            local = None
        elif local is None:
            local, owned = self._own_stream(options, model), True
        g2g = None
        if options.debug_quality and local is not None:
            if local.marker is None:
                raise RealtimeError(
                    ErrorCode.INVALID_INPUT,
                    "debug_quality: the local stream was made without it; give "
                    "create_local_video_stream(…, debug_quality=True)",
                )
            scaled = model is None or options.resolution is Resolution.P1080
            size = None if scaled or model is None else (model.width, model.height)
            g2g = LiveLatency(local, local.marker, size)
        url = protocol.stream_url(
            self.base_url,
            self._shown_to_none,
            options.model_name,
            pixel_latency=options.asks_for_restamping,
            resolution=None if options.resolution is None else options.resolution.value,
            user_agent=f"g2gbench/{g2gbench.__version__}",
        )
        session = Session(
            options, url, style, local, owns_local=owned, g2g=g2g, connector=self._connector
        )
        self._sessions.append(session)
        await session.start()
        return session

    def create_local_video_stream(
        self,
        model: str | RealtimeModel | None = None,
        facing: FacingMode = FacingMode.FRONT,
        mirror: MirrorMode = MirrorMode.AUTO,
        *,
        source: Source | LiveSource | None = None,
        debug_quality: bool = False,
    ) -> LocalStream:
        """A stream of the caller's own, for a preview and to be published; ``dispose`` of it.

        Args:
            model: sizes it; a known model's name, or a RealtimeModel. Not needed beside a source.
            facing, mirror: whether frames are flipped left to right.
            source: what captures; None: a synthetic picture.
            debug_quality: stamp the marker that ``connect(debug_quality=True)`` reads.

        Raises RealtimeError (INVALID_INPUT) for an unknown model, or neither model nor source.

        """
        return create_local_video_stream(
            model, facing, mirror, source=source, debug_quality=debug_quality
        )

    async def watch(self, subscribe_token: str) -> Viewer:
        """Watch a session read-only, by its subscribe token. Raises RealtimeError."""
        self._check_alive()
        try:
            room = protocol.room_of(subscribe_token)
        except ValueError:
            raise RealtimeError(
                ErrorCode.INVALID_INPUT,
                "this is no subscribe token; take Session.subscribe_token of the session to watch",
            ) from None
        admission = await http.join_as_viewer(self.http_base_url, self._shown_to_none, room)
        viewer = Viewer(admission)
        self._sessions.append(viewer)
        await viewer.join()
        return viewer

    async def check_connectivity(
        self,
        deep: bool = False,
        model: str | RealtimeModel | None = None,
        *,
        stun_servers: Sequence[str] = DEFAULT_SERVERS,
    ) -> Verdict:
        """Return whether a session would go well from here; what was measured is in ``.metrics``.

        Args:
            deep: open a short real session with a synthetic source (up to 32 s; a service may bill
                it); False: ask STUN servers alone, within 6 s.
            model: needed for a deep check.
            stun_servers: ``stun:host:port`` each, asked over IPv4 and IPv6.

        Raises RealtimeError (INVALID_INPUT) for a deep check without a model, or no STUN server.

        """
        self._check_alive()
        if not deep:
            return await connectivity.shallow(_stun_servers(stun_servers))
        if model is None:
            raise RealtimeError(ErrorCode.INVALID_INPUT, "a deep check needs a model")

        def connect(on_event: Callable[[Event], None]) -> Awaitable[Session]:
            options = ConnectOptions(
                model=model,
                debug_quality=True,
                mirror=MirrorMode.OFF,
                reconnect=False,
                on_event=on_event,
            )
            return self.connect(options)

        return await connectivity.deep(connect)

    async def create_token(
        self,
        expires_in: int = 60,
        *,
        allowed_models: Sequence[str] | None = None,
        allowed_origins: Sequence[str] | None = None,
        max_session_duration: int | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> http.EphemeralKey:
        """An ephemeral key of this one; times in seconds. Raises RealtimeError."""
        self._check_alive()
        return await http.create_token(
            self.http_base_url,
            self._shown_to_none,
            expires_in=expires_in,
            allowed_models=allowed_models,
            allowed_origins=allowed_origins,
            max_session_duration=max_session_duration,
            metadata=metadata,
        )

    async def release(self) -> None:
        """End every session and viewer, and this client. Safe to call again."""
        self._released = True
        while self._sessions:
            await self._sessions.pop().disconnect()

    @property
    def _shown_to_none(self) -> Unshown:
        return Unshown(self._key.get_secret_value())

    def _check_alive(self) -> None:
        if self._released:
            raise RealtimeError(
                ErrorCode.INVALID_INPUT, "this client was released; make another RealtimeClient"
            )

    def _own_stream(self, options: ConnectOptions, model: RealtimeModel | None) -> LocalStream:
        if model is None:  # its name alone does not say how large its pictures are
            model = RealtimeModel.named(options.model_name)
        return create_local_video_stream(
            model, options.facing, options.mirror, debug_quality=options.debug_quality
        )


def create_local_video_stream(
    model: str | RealtimeModel | None = None,
    facing: FacingMode = FacingMode.FRONT,
    mirror: MirrorMode = MirrorMode.AUTO,
    *,
    source: Source | LiveSource | None = None,
    debug_quality: bool = False,
) -> LocalStream:
    """As ``RealtimeClient.create_local_video_stream``, before there is a client."""
    if source is None:
        if model is None:
            raise RealtimeError(ErrorCode.INVALID_INPUT, "give a model, or a source")
        sized = RealtimeModel.named(model) if isinstance(model, str) else model
        source = SyntheticSource("street", sized.width, sized.height, sized.fps, seed=1)
    stamp = marker.get("v1") if debug_quality else None
    return LocalStream(
        source,
        mirrored=mirror.applies(facing),
        marker=stamp,
        first_number=marker.random_start("v1", secrets.randbelow) if stamp else 0,
    )


def _model(options: ConnectOptions) -> RealtimeModel | None:
    """The model with its size; None for a name that is not known."""
    if isinstance(options.model, RealtimeModel):
        return options.model
    try:
        return RealtimeModel.named(options.model)
    except RealtimeError:
        return None


def _style(options: ConnectOptions) -> StyleRequest:
    prompt = options.initial_prompt
    image = images.encoded(options.initial_image)
    if prompt is None:
        return StyleRequest(image=image)
    return StyleRequest(prompt.text, prompt.enhance, image)


def _stun_servers(urls: Sequence[str]) -> list[StunServer]:
    if not urls:
        raise RealtimeError(ErrorCode.INVALID_INPUT, "no STUN server was given")
    try:
        return [StunServer.parse(url) for url in urls]
    except ValueError as error:
        raise RealtimeError(ErrorCode.INVALID_INPUT, str(error)) from None


def _checked(url: str, name: str, schemes: tuple[str, ...]) -> str:
    found = urlsplit(url)
    if found.scheme not in schemes or not found.netloc:
        raise RealtimeError(
            ErrorCode.INVALID_INPUT,
            f"{name} is {shown_url(url)!r}; allowed: {' or '.join(s + '://…' for s in schemes)}",
        )
    return url.rstrip("/")


def _http_of(base_url: str) -> str:
    found = urlsplit(base_url)
    return urlunsplit(found._replace(scheme="https" if found.scheme == "wss" else "http"))

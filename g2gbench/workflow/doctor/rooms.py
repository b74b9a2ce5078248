"""The embedded room, and what the SDK offers to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from typing import Final

from livekit import api, rtc

from g2gbench.media import livekit_video
from g2gbench.service.sfu.room_state import RoomSettings
from g2gbench.service.sfu.server import RoomServer
from g2gbench.workflow.doctor.finding import Finding

_CONNECT_S: Final = 10.0
_PUBLISH_S: Final = 5.0


async def room_and_codecs() -> list[Finding]:
    """Join an embedded room for real and publish with every codec: only the offer tells."""
    key, secret = "doctor", secrets.token_hex(32)
    server = RoomServer(RoomSettings(), key, secret)
    # What the SDK logs when it is made to leave at once is no finding.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    try:
        url = f"ws://127.0.0.1:{await server.start()}"
        grants = api.VideoGrants(room_join=True, room=server.pairing.settings.name)
        token = api.AccessToken(key, secret).with_identity("doctor").with_grants(grants).to_jwt()
        start = time.monotonic()
        offered = {name: await _offered(server, url, token, name) for name in livekit_video.CODECS}
        took_ms = (time.monotonic() - start) * 1000 / len(offered)
        detail = f"joined, published and left in {took_ms:.0f} ms"
        return [Finding("embedded room", "ok", detail), *map(_codec, offered, offered.values())]
    except (rtc.ConnectError, TimeoutError, OSError) as error:
        mend = "no interface but lo? the SDK needs one more with any address"
        detail = f"could not be joined ({type(error).__name__})"
        return [Finding("embedded room", "missing", detail, mend, needed=True)]
    finally:
        await server.stop()


async def _offered(server: RoomServer, url: str, token: str, codec: str) -> str:
    """The codec that the SDK puts first when it is asked for one; "" when it offers none."""
    room, source = rtc.Room(), rtc.VideoSource(320, 180)
    await asyncio.wait_for(room.connect(url, token), _CONNECT_S)
    try:
        track = rtc.LocalVideoTrack.create_video_track(codec, source)
        options = livekit_video.publish_options(codec, 500_000, 30)
        await asyncio.wait_for(room.local_participant.publish_track(track, options), _PUBLISH_S)
        async with asyncio.timeout(_PUBLISH_S):
            while True:
                participant = server.pairing.named("doctor")
                tracks = participant.tracks.values() if participant else ()
                for one in tracks:
                    if one.section is not None:
                        return one.section.codecs[0].name.lower()
                await asyncio.sleep(0.005)
    except (rtc.participant.PublishTrackError, TimeoutError):
        return ""
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room.disconnect(), _PUBLISH_S)
        await source.aclose()


def _codec(name: str, offered: str) -> Finding:
    if offered == name:
        return Finding(f"codec {name}", "ok", "the SDK offers it, the embedded room forwards it")
    return Finding(
        f"codec {name}",
        "missing",
        f"asked for it, the SDK offers {offered or 'nothing'}",
        "choose another codec: this build of the livekit package cannot encode it",
        needed=name == "vp8",
    )

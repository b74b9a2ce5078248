"""The client's side of a room's signalling, against the embedded room."""

from __future__ import annotations

import asyncio
import base64
import gzip
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from livekit import api
from livekit.protocol import models, rtc

from g2gbench.browser.room import (
    RoomFailed,
    RoomSignalling,
    candidate_init,
    join_request,
    videos_of,
)
from g2gbench.service.sfu.room_state import RoomSettings
from g2gbench.service.sfu.server import RoomServer

KEY, SECRET = "key", "a secret of at least thirty-two bytes"


def token(secret: str = SECRET) -> str:
    grants = api.VideoGrants(room_join=True, room="loopback")
    return api.AccessToken(KEY, secret).with_identity("page").with_grants(grants).to_jwt()


class Heard:
    def __init__(self) -> None:
        self.kinds: asyncio.Queue[str] = asyncio.Queue()
        self.lost: asyncio.Queue[str] = asyncio.Queue()

    def signalling(self) -> RoomSignalling:
        return RoomSignalling(lambda kind, _: self.kinds.put_nowait(kind), self.lost.put_nowait)


async def test_a_room_welcomes_answers_and_says_goodbye() -> None:
    room, heard = RoomServer(RoomSettings(), KEY, SECRET), Heard()
    port = await room.start()
    signalling = heard.signalling()
    try:
        welcome = await signalling.join(f"ws://127.0.0.1:{port}", token())
        assert welcome.participant.identity == "page"
        request: Any = {"cid": "c", "type": models.TrackType.VIDEO, "width": 64, "height": 64}
        signalling.send(add_track=request)
        assert await asyncio.wait_for(heard.kinds.get(), 10) == "track_published"
    finally:
        await room.stop()
    assert await asyncio.wait_for(heard.lost.get(), 10) == "the room sent us away"
    await signalling.leave()
    await signalling.leave()


def test_what_asks_to_join_is_whole_base64() -> None:
    # A livekit-server refuses it without its padding.
    wrapped = rtc.WrappedJoinRequest()
    wrapped.ParseFromString(base64.b64decode(unquote(join_request()), altchars="-_", validate=True))
    join = rtc.JoinRequest()
    join.ParseFromString(gzip.decompress(wrapped.join_request))
    assert join.client_info.sdk == models.ClientInfo.JS
    assert join.connection_settings.auto_subscribe is False


async def test_leaving_frees_the_seat() -> None:
    room, heard = RoomServer(RoomSettings(), KEY, SECRET), Heard()
    url = f"ws://127.0.0.1:{await room.start()}"
    try:
        for _ in range(3):  # it seats two
            signalling = heard.signalling()
            await signalling.join(url, token())
            await signalling.leave()
    finally:
        await room.stop()


async def test_a_room_that_refuses_is_told_without_the_token() -> None:
    room, heard = RoomServer(RoomSettings(), KEY, SECRET), Heard()
    port = await room.start()
    wrong = token("another secret of thirty-two bytes!")
    try:
        with pytest.raises(RoomFailed, match="could not be joined") as refused:
            await heard.signalling().join(f"ws://127.0.0.1:{port}", wrong)
        assert wrong not in repr(refused.value)
        assert refused.value.__cause__ is None
    finally:
        await room.stop()
    with pytest.raises(RoomFailed, match="could not be joined"):
        await heard.signalling().join(f"ws://127.0.0.1:{port}", token())


def test_only_videos_of_those_who_are_there_are_listed() -> None:
    video = models.TrackInfo(sid="TR_V", type=models.TrackType.VIDEO)
    audio = models.TrackInfo(sid="TR_A", type=models.TrackType.AUDIO)
    there = models.ParticipantInfo(sid="PA_1", identity="x", tracks=[audio, video])
    gone = models.ParticipantInfo(
        sid="PA_2", tracks=[video], state=models.ParticipantInfo.DISCONNECTED
    )
    assert [one.sid for one in videos_of([there, gone])] == ["TR_V"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"candidate": "candidate:1", "sdpMid": "0"}', True),
        ('{"candidate": ""}', False),
        ("[]", False),
        ("{", False),
    ],
)
def test_a_candidate_is_taken_where_it_says_something(text: str, found: bool) -> None:
    assert (candidate_init(SimpleNamespace(candidateInit=text)) is not None) == found

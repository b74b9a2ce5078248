"""The HTTP routes beside the signalling: ephemeral keys and viewers' tokens, for pages too."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from g2gbench.service.keys import EPHEMERAL_PREFIX, INVALID, Grant, KeyRing
from g2gbench.service.session_host import SessionHost
from g2gbench.service.signer import Signer
from g2gbench.service.token_request import BadRequest, TokenRequest

TOKENS_PATH = "/v1/client/tokens"
WATCH_PATH = "/watch-stream/{room}"
KEY_SET_PATH = "/api/auth/jwks"
_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "x-api-key, content-type",
    "Access-Control-Max-Age": "600",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FindHost = Callable[[str], tuple[str, SessionHost] | None]


class Routes:
    """The routes' handlers.

    Args:
        keys: who is let in.
        signer: of the ephemeral keys' tokens.
        find: the model and the host of the session that has a room, by the room's name.

    """

    def __init__(self, keys: KeyRing, signer: Signer, find: FindHost) -> None:
        self._keys = keys
        self._signer = signer
        self._find = find

    @property
    def table(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post(TOKENS_PATH, self._tokens),
            web.options(TOKENS_PATH, _preflight),
            web.post(WATCH_PATH, self._watch),
            web.options(WATCH_PATH, _preflight),
            web.get(KEY_SET_PATH, self._key_set),
        ]

    def _grant(self, request: web.Request) -> Grant:
        grant = self._keys.grant(request.headers.get("x-api-key", ""), now_s=time.time())
        if grant is None:
            raise web.HTTPUnauthorized(text=INVALID)
        return grant

    async def _tokens(self, request: web.Request) -> web.Response:
        if self._grant(request).ephemeral:
            raise web.HTTPForbidden(text="permission denied: an ephemeral key makes no other keys")
        try:
            asked = TokenRequest.parse(await request.read())
        except BadRequest as problem:
            raise web.HTTPBadRequest(text=str(problem)) from None
        now_s = time.time()
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_s + asked.expires_s))
        key = EPHEMERAL_PREFIX + secrets.token_hex(16)
        return web.json_response(self._keys.issue(asked, key, date, now_s=now_s))

    async def _watch(self, request: web.Request) -> web.Response:
        grant = self._grant(request)
        found = self._find(request.match_info["room"])
        if found is None:
            raise web.HTTPNotFound(text="there is no such stream: its session is over or never was")
        model, host = found
        objection = grant.objection(model, request.headers.get("Origin"))
        if objection is not None:
            raise web.HTTPForbidden(text=objection)
        answer: dict[str, object] = {
            "livekit_url": host.url,
            "token": host.token("viewer-" + secrets.token_hex(6), can_publish=False),
            "room_name": host.room_name,
            "session_id": host.session_id,
        }
        return web.json_response(answer)

    async def _key_set(self, _: web.Request) -> web.Response:
        return web.json_response(self._signer.key_set)


@web.middleware
async def allow_any_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of any origin may read every answer, errors too."""
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_CORS)
        raise
    if not answer.prepared:
        answer.headers.update(_CORS)
    return answer


async def _preflight(_: web.Request) -> web.Response:
    return web.Response(status=204, headers=_PREFLIGHT)

"""Faults on request, and what goes on: a port of its own, for this machine alone."""

from __future__ import annotations

import json
from typing import Protocol

from aiohttp import web
from pydantic import ValidationError

from g2gbench.process.local_http import Site, guard
from g2gbench.scenario import SignallingFaultsSection
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.service.signalling_faults import NO_FAULTS, SignallingFaults

HOST = "127.0.0.1"  # whatever address the service itself listens on
FAULTS_PATH = "/admin/faults"
STATE_PATH = "/admin/state"
_A_LIST = {"tuple_type": ("a list",)}  # JSON knows no tuple


class Administered(Protocol):
    """Service on which the routes act."""

    def misbehave(self, faults: SignallingFaults) -> None:
        """From now on these things go wrong, in the sessions that are there too."""

    def snapshot(self) -> dict[str, object]:
        """Return the state, JSON-serialisable; no key."""


class Admin:
    """``POST`` and ``DELETE`` /admin/faults, ``GET`` /admin/state.

    Faults are written as in a scenario: ``{"kill_worker_after": "5s"}``. No page is answered,
    whatever its origin and whatever name it calls this machine by, and a body must say that it is
    JSON.
    """

    def __init__(self, service: Administered) -> None:
        self._service = service
        self._asked: dict[str, object] = {}
        self._site: Site | None = None

    async def start(self, port: int) -> int:
        """Listen; the port. Raises OSError."""
        app = web.Application(middlewares=[guard("none")])
        app.add_routes(
            [
                web.post(FAULTS_PATH, self._misbehave),
                web.delete(FAULTS_PATH, self._behave),
                web.get(STATE_PATH, self._state),
            ]
        )
        self._site = Site(app, shutdown_s=0.5)
        return await self._site.start(HOST, port)

    async def stop(self) -> None:
        """Listen no more."""
        if self._site is not None:
            await self._site.stop()

    async def _misbehave(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="content-type must be application/json")
        try:
            asked = SignallingFaultsSection.model_validate(json.loads(await request.read()))
        except ValidationError as problems:
            raise web.HTTPBadRequest(text=_explained(problems)) from None
        except (ValueError, RecursionError):
            raise web.HTTPBadRequest(text="the body must be a JSON object") from None
        self._asked = _written(asked)
        self._service.misbehave(SignallingFaults.of(asked))
        return web.json_response({"faults": self._asked})

    async def _behave(self, _: web.Request) -> web.Response:
        self._asked = {}
        self._service.misbehave(NO_FAULTS)
        return web.json_response({"faults": {}})

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response({**self._service.snapshot(), "faults": self._asked})


def _written(asked: SignallingFaultsSection) -> dict[str, object]:
    """Return the requested faults as a scenario writes them, without the defaults."""
    usual = document_of(SignallingFaultsSection())
    return {k: v for k, v in document_of(asked).items() if v != usual[k]}


def _explained(problems: ValidationError) -> str:
    """One line a problem: where, and what is allowed."""
    lines = []
    for problem in problems.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in problem["loc"]) or "the body"
        known = problem.get("ctx", {}).get("allowed") or _A_LIST.get(problem["type"])
        words = f"allowed: {', '.join(known)}" if known else problem["msg"]
        lines.append(f"{place}: {words}")
    return "\n".join(lines)

"""Requests of the live page, read from its messages. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

LONGEST_PROMPT: Final = 4096
SOURCES: Final = ("synthetic", "camera")


class Refused(ValueError):  # noqa: N818 - says what happened
    """A request that cannot be granted; the message says why, to the person."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a session; ``camera``: with the page's own camera.

    ``routed``: its browser takes no media at the loopback, as Firefox.
    """

    camera: bool
    routed: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """End it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ask the model for another picture."""

    text: str


@dataclass(frozen=True, slots=True)
class Network:
    """Emulate the network of this name."""

    name: str


Asked: TypeAlias = Start | Stop | Prompt | Network


def parse(message: str, networks: Collection[str]) -> Asked:
    """One message of the page's. Raises Refused for what is none, or names no known network."""
    try:
        found: Any = json.loads(message)
    except (ValueError, RecursionError):
        raise Refused("a message that is no JSON") from None
    asked = found.get("do") if isinstance(found, dict) else None
    if asked == "start":
        camera = _one_of(found.get("source"), SOURCES, "source") == "camera"
        return Start(camera, routed=found.get("routed") is True)
    if asked == "stop":
        return Stop()
    if asked == "prompt":
        return Prompt(prompt_of(found.get("text")))
    if asked == "network":
        return Network(_one_of(found.get("name"), networks, "network"))
    raise Refused(f"no such request: {str(asked)[:40]!r}; start, stop, prompt, network are known")


def prompt_of(text: object) -> str:
    """A prompt that can be sent. Raises Refused."""
    if not isinstance(text, str) or not text.strip():
        raise Refused("the prompt is empty: write what the model is to paint")
    if len(text) > LONGEST_PROMPT:
        raise Refused(f"the prompt has {len(text)} characters; at most {LONGEST_PROMPT} are taken")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of UTF-16
        raise Refused("the prompt holds half a character") from None
    return text.strip()


def _one_of(found: object, allowed: Collection[str], what: str) -> str:
    if isinstance(found, str) and found in allowed:
        return found
    raise Refused(f"no {what} {str(found)[:40]!r}; allowed: {', '.join(allowed)}")

"""Prompts and images that wait for their ack. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.protocol import Ack, StyleRequest

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """One request; ``style`` is what the model is to show once it is acknowledged."""

    ticket: int
    style: StyleRequest
    timeout_s: float
    deadline_ns: int

    @property
    def what(self) -> str:
        """Name in an error."""
        return "prompt" if self.style.is_prompt_alone else "image"

    def overdue(self) -> RealtimeError:
        """Return the error once its time is over."""
        return RealtimeError(
            ErrorCode.WEBRTC_TIMEOUT_ERROR, f"no ack of the {self.what} within {self.timeout_s:g} s"
        )


class Requests:
    """Pending requests, oldest first.

    The ack of a prompt is matched by its exact text, that of an image by its order: neither carries
    anything else.
    """

    def __init__(self) -> None:
        self._waiting: list[PendingRequest] = []
        self._tickets = 0

    @property
    def deadline_ns(self) -> int | None:
        """Time at which the next one is overdue."""
        return min((w.deadline_ns for w in self._waiting), default=None)

    def add(self, style: StyleRequest, timeout_s: float, now_ns: int) -> int:
        """Wait for an ack; the ticket under which it will be settled."""
        self._tickets += 1
        deadline_ns = now_ns + round(timeout_s * _NS)
        self._waiting.append(PendingRequest(self._tickets, style, timeout_s, deadline_ns))
        return self._tickets

    def acknowledged(self, ack: Ack) -> tuple[PendingRequest, RealtimeError | None] | None:
        """The request that an ack answers, and its refusal; None when nobody waits for it."""
        for index, waiting in enumerate(self._waiting):
            alone = waiting.style.is_prompt_alone
            if (waiting.style.prompt if alone else None) == ack.prompt:
                del self._waiting[index]
                refusal = None
                if not ack.success:
                    refusal = RealtimeError(
                        ErrorCode.WEBRTC_SERVER_ERROR,
                        f"the service refused the {waiting.what}: {ack.error or 'no reason given'}",
                    )
                return waiting, refusal
        return None

    def take_overdue(self, now_ns: int) -> list[PendingRequest]:
        """Those whose time is over; they wait no longer."""
        late = [w for w in self._waiting if w.deadline_ns <= now_ns]
        self._waiting = [w for w in self._waiting if w.deadline_ns > now_ns]
        return late

    def take_all(self) -> list[PendingRequest]:
        """All that wait; they wait no longer."""
        everyone, self._waiting = self._waiting, []
        return everyone

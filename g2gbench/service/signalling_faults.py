"""Faults of the emulated service's signalling, on purpose. Pure.

The model worker's faults, frame by frame, are in ``g2gbench.service.model_faults``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from g2gbench.service.actions import Abort, Action, KillWorker, SendRaw, Stall

if TYPE_CHECKING:  # the service starts sooner without the scenario's rules
    from g2gbench.scenario import SignallingFaultsSection

_NS = 1_000_000_000
HUGE_CHARS = 900_000
"""Below 1 MiB, which is what common WebSocket clients take unless told otherwise."""

Acks: TypeAlias = Literal["normal", "never", "error"]
GARBAGE: Mapping[str, str | bytes] = MappingProxyType(
    {
        "no-json": '{"type": "generation_tick", "seco',
        "no-type": '{"seconds": 1}',
        "unknown-type": '{"type": "hologram", "depth": [1, {"two": null}]}',
        "wrong-fields": '{"type": "generation_tick", "seconds": "a lot"}',
        "huge": '{"type": "hologram", "padding": "' + "x" * HUGE_CHARS + '"}',
        "binary": bytes(range(256)),
    }
)
"""Frames that are no message of the protocol, by kind."""

FAILED_ACK = "refused on purpose"
DROPPED = "the socket was dropped on purpose"
_POSITIONS = 3  # at least so many are sent in a queue that lasts as long as was asked


@dataclass(frozen=True, slots=True)
class SignallingFaults:
    """Faults of the signalling; without arguments: none.

    ``refuse_key``: every key. ``queue_s``: so long a client queues. ``acks``: as they should be,
    none at all, or all failed. ``drop_after_messages``: the socket is cut at the client's
    Nth message. The other times count from the room info: ``drop_after_s`` cuts the socket,
    ``kill_worker_after_s`` kills the model, ``stall_after_s`` has it send nothing for ``stall_s``.
    ``garbage``: kinds of GARBAGE that are sent in turn, from the join on, every
    ``garbage_every_s``. ``sessions``: only the first so many; None: all.
    """

    refuse_key: bool = False
    queue_s: float = 0.0
    acks: Acks = "normal"
    drop_after_s: float | None = None
    drop_after_messages: int | None = None
    kill_worker_after_s: float | None = None
    stall_after_s: float | None = None
    stall_s: float = 1.0
    garbage: tuple[str, ...] = ()
    garbage_every_s: float = 1.0
    sessions: int | None = None

    def __post_init__(self) -> None:
        """Refuse garbage of a kind that there is not: the rest is checked where it is read."""
        unknown = set(self.garbage) - set(GARBAGE)
        if unknown:
            raise ValueError(f"garbage {sorted(unknown)}; {', '.join(GARBAGE)} are allowed")

    @classmethod
    def of(cls, section: SignallingFaultsSection) -> SignallingFaults:
        """Return the faults that a scenario asks for."""
        return cls(
            refuse_key=section.refuse_key,
            queue_s=section.queue,
            acks=section.acks,
            drop_after_s=section.drop_after,
            drop_after_messages=section.drop_after_messages,
            kill_worker_after_s=section.kill_worker_after,
            stall_after_s=section.stall_after,
            stall_s=section.stall_for,
            garbage=section.garbage,
            garbage_every_s=section.garbage_every,
            sessions=section.sessions,
        )

    def queue(self, positions: int, place_s: float) -> tuple[int, float]:
        """(positions to tell, seconds for each) in place of those that were set."""
        if not self.queue_s:
            return positions, place_s
        most = max(positions, _POSITIONS)
        return most, self.queue_s / most


NO_FAULTS = SignallingFaults()


class FaultSchedule:
    """The timed faults of one session.

    Each kind happens once, garbage again and again. ``join`` and ``begin`` start their clocks.
    """

    def __init__(self, faults: SignallingFaults) -> None:
        self._faults = faults
        self._due: list[tuple[int, Action]] = []
        self._garbage_ns: int | None = None
        self._garbage_sent = 0

    def join(self, *, now_ns: int) -> None:
        """The client has joined."""
        if self._faults.garbage:
            self._garbage_ns = now_ns

    def begin(self, *, now_ns: int) -> None:
        """The client is given its room, or the faults are asked for while it has one."""
        faults = self._faults
        asked: tuple[tuple[float | None, Action], ...] = (
            (faults.stall_after_s, Stall(faults.stall_s)),
            (faults.kill_worker_after_s, KillWorker()),
            (faults.drop_after_s, Abort(DROPPED)),
        )
        due = [
            (now_ns + round(after_s * _NS), what) for after_s, what in asked if after_s is not None
        ]
        self._due = sorted(due, key=lambda item: item[0])

    @property
    def next_ns(self) -> int | None:
        """Time of the next ``advance``; None: never."""
        times = [at_ns for at_ns, _ in self._due[:1]]
        times += [] if self._garbage_ns is None else [self._garbage_ns]
        return min(times, default=None)

    def advance(self, *, now_ns: int) -> list[Action]:
        """Return the actions that are due by now."""
        actions: list[Action] = []
        if self._garbage_ns is not None and self._garbage_ns <= now_ns:
            kinds = self._faults.garbage
            actions.append(SendRaw(GARBAGE[kinds[self._garbage_sent % len(kinds)]]))
            self._garbage_sent += 1
            self._garbage_ns = now_ns + round(self._faults.garbage_every_s * _NS)
        while self._due and self._due[0][0] <= now_ns:
            actions.append(self._due.pop(0)[1])
        return actions

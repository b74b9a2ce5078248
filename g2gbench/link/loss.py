"""Packet loss: independent, or in bursts (Gilbert-Elliott). Pure."""

from __future__ import annotations

from collections.abc import Callable


class LossModel:
    """A chain of two states that loses every packet in one and none in the other.

    As libwebrtc's SimulatedNetwork has it: with a mean burst of L packets and a loss of p, a loss
    is followed by another with 1 - 1/L, and a packet that passed by a loss with p / (1 - p) / L, so
    that p of all are lost in the long run. Without bursts both chances are p.

    Args:
        uniform: draws from (0, 1).

    """

    def __init__(self, uniform: Callable[[], float]) -> None:
        self._uniform = uniform
        self._after_pass = self._after_loss = 0.0
        self._bursting = False

    def set(self, loss: float, avg_burst_loss_length: float | None) -> None:
        """Change the model; the chain stays in its state. The settings have been checked."""
        if avg_burst_loss_length is None or loss == 0:
            self._after_pass = self._after_loss = loss
        else:
            self._after_pass = loss / (1 - loss) / avg_burst_loss_length
            self._after_loss = 1 - 1 / avg_burst_loss_length

    def lost(self) -> bool:
        """Return whether the next packet is lost."""
        chance = self._after_loss if self._bursting else self._after_pass
        self._bursting = self._uniform() < chance
        return self._bursting

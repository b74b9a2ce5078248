"""Why a session is invalid, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from g2gbench.measure.journal import Session
from g2gbench.measure.ledger import Ledger
from g2gbench.measure.metric_value import Value
from g2gbench.measure.packets import Packets
from g2gbench.measure.validity import check, reasons


def why(
    session: Session,
    ledger: Ledger,
    metrics: Mapping[str, Value],
    packets: Packets | None = None,
    **options: Any,
) -> tuple[str, ...]:
    """The texts of the checks that do not hold."""
    return reasons(check(session, ledger, metrics, packets, **options))

"""Limits that a valid trial may not exceed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a valid trial; a ratio runs from 0 to 1."""

    late_tick_ratio: float = 0.02
    bad_reading_ratio: float = 0.005
    queue_drops: int = 0
    witness_disagreements: int = 0
    witness_shifted_ratio: float = 0.005
    implausible: int = 0
    in_flight_ratio: float = 0.01
    process_cores: float = 0.9
    machine_ratio: float = 0.9
    run_delay_ratio: float = 0.25
    stood_still_s: float = 0.2
    unsettled_g2g_ratio: float = 0.2
    unsettled_g2g_ms: float = 5.0
    unsettled_delivery_ratio: float = 0.2
    unsettled_bitrate_factor: float = 1.5
    backlog_ms: float = 100.0
    link_late_ratio: float = 0.05
    link_late_ms: float = 5.0
    link_unseen: int = 0
    bypass_ratio: float = 0.02
    swapped_bytes: int = 0
    clock_step_ms: float = 100.0
    playout_excess_ms: float = 20.0
    playout_shortfall_ms: float = 20.0
    page_clock_ms: float = 1.0
    page_frames: int = 3
    undisplayed_ratio: float = 0.01


LIMITS = Limits()

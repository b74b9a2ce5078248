"""Samples for property tests, each value there or not."""

from __future__ import annotations

from hypothesis import strategies as st

from g2gbench.quality import Sample
from g2gbench.quality.sample import LIMITATIONS


def samples() -> st.SearchStrategy[Sample]:
    """Any sample, with values around the bands."""

    def maybe(most: float) -> st.SearchStrategy[float | None]:
        return st.none() | st.floats(0, most)

    return st.builds(
        Sample,
        rtt_ms=maybe(800),
        relayed=st.booleans(),
        g2g_ms=maybe(2000),
        g2g_drop_ratio=maybe(0.1),
        fraction_lost=maybe(0.1),
        available_bitrate_bps=maybe(5e6),
        inbound_fps=maybe(40),
        freeze=st.booleans(),
        quality_limitation=st.sampled_from((None, *LIMITATIONS)),
        ttff_ms=maybe(12_000),
    )

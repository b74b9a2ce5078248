"""Rules by which a frame that has not come back is dropped, live and in a recording alike."""

from __future__ import annotations

from typing import Final

_SECOND_NS: Final = 1_000_000_000

MIN_FLIGHT_NS: Final = _SECOND_NS
"""A frame is not called dropped before it had this long, or the p99 of g2g if longer, to return.

Nor before a newer frame has been back for this long, whichever comes first.
"""

DEADLINE_NS: Final = 3 * _SECOND_NS
"""A frame that is not back so long after its capture counts as dropped from then on.

Twice the largest bound of g2g, so that a slow session is called slow and not lossy.
"""

DROP_SECONDS: Final = 4
"""Over so many seconds the share of dropped frames is taken.

Enough frames for its bands, and less than the seconds that a change of level takes: one lost frame
alone moves nothing.
"""

"""The service's realtime models: the picture that each of them takes and sends.

Source: the realtime SDKs' own model tables. A name may be an alias of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """Format that a model of the service expects: width and height in pixels, frames per second."""

    width: int
    height: int
    fps: float


_1088X624 = ServiceModel(1088, 624, 30.0)
_1280X720 = ServiceModel(1280, 720, 30.0)
_1280X704 = ServiceModel(1280, 704, 30.0)

SERVICE_MODELS: Mapping[str, ServiceModel] = MappingProxyType(
    {
        "lucy-2.1": _1088X624,
        "lucy-vton-2": _1088X624,
        "lucy-vton-3": _1088X624,
        "lucy-latest": _1088X624,
        "lucy-2.1-vton-2": _1088X624,  # deprecated alias of lucy-vton-2
        "lucy-2.5": _1280X720,
        "lucy-vton-3.5": _1280X720,
        "lucy-vton-latest": _1280X720,
        "lucy-2.6": _1280X720,
        "lucy-vton-3.6": _1280X720,
        "lucy-restyle-2": _1280X704,
        "lucy-restyle-latest": _1280X704,
    }
)
"""By name. lucy-2.1, lucy-latest: the sizes of the JavaScript SDK; the Python SDK of today asks for
1280x720 under the same names. 2.6 and vton-3.6 are known to the Python SDK alone."""

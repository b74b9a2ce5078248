"""Frame numbers that travel in the picture: two markers, each with a stamp and a reader.

``v1`` is the service's own marker, ``v2`` a stronger one for targets that pass pixels through.
"""

from g2gbench.marker import v1, v2
from g2gbench.marker.examination import Examination, Reading
from g2gbench.marker.luma import MARKER_HEIGHT, MARKER_WIDTH, Luma
from g2gbench.marker.registry import Marker, Version, get, random_start

__all__ = [
    "MARKER_HEIGHT",
    "MARKER_WIDTH",
    "Examination",
    "Luma",
    "Marker",
    "Reading",
    "Version",
    "get",
    "random_start",
    "v1",
    "v2",
]

"""Sources of a session's pictures."""

from g2gbench.sources.source import LiveSource, Source
from g2gbench.sources.synthetic import CONTENTS, SyntheticSource

__all__ = ["CONTENTS", "LiveSource", "Source", "SyntheticSource"]

"""Base of every mapping in a scenario."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of a scenario: frozen, and no key goes unread.

    Values are validated as a document writes them: ``Publish(max_bitrate="2Mbps")``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

"""A URL as it may be shown. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def shown_url(url: str) -> str:
    """A URL without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a URL that cannot be read"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}{parts.netloc.rpartition('@')[2]}{parts.path}"

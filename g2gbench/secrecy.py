"""Secrets in text: their forms, and the mask in their place.

A secret is carried as pydantic's ``SecretStr``, which hides itself from ``repr``: a traceback that
shows arguments shows none. It is revealed where it leaves the process, and nowhere before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

if TYPE_CHECKING:
    from pydantic import SecretStr

MASK: Final = "***"
SHORTEST: Final = 6
"""Characters of the shortest key that is taken: words of text are shorter."""

_USERINFO = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#@\s\"'<>]+)@", re.IGNORECASE)
_VALUE_OF_QUERY = re.compile(r"([?&][^=&#\s\"'<>]+=)([^&#\s\"'<>]+)")
_NAMED_SECRET = re.compile(
    r"((?:\b|_)(?:api[-_]?key|api[-_]?secret|key|secret|token|password|authorization|signature)"
    r"(?:=|%3D))([^&#\s\"'<>\\]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer)\s+([A-Za-z0-9._~+/=-]{6,})", re.IGNORECASE)


class Unshown(str):
    """Text that hides itself from ``repr``, for what must be a ``str`` and holds a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{MASK}'"


def revealed(secret: SecretStr | str) -> str:
    """The secret itself, for whoever hands it on."""
    return secret if isinstance(secret, str) else secret.get_secret_value()


def shown_url(url: str) -> str:
    """A URL without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a URL that cannot be read"
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    return f"{scheme}{parts.netloc.rpartition('@')[2]}{parts.path}"


def forms_of(secrets: Iterable[SecretStr | str]) -> tuple[str, ...]:
    """Each secret as it is and as URLs carry it; the longest first, so that none hides another.

    A secret that is shorter than ``SHORTEST`` has none: its mask would be all over the text.
    """
    forms = {
        form
        for secret in map(revealed, secrets)
        if len(secret) >= SHORTEST
        for form in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def masked(text: str, forms: Iterable[str]) -> str:
    """The text with ``***`` in the place of each of these."""
    for form in forms:
        text = text.replace(form, MASK)
    return text


def masked_url(url: str) -> str:
    """The URL without what may be a secret in it: its userinfo and the values of its query.

    A reference ``${NAME}`` stays: it tells nothing.
    """
    without = _USERINFO.sub(lambda found: f"{found[1]}{_mask(found[2])}@", url)
    return _VALUE_OF_QUERY.sub(lambda found: found[1] + _mask(found[2]), without)


def secrets_in_url(url: str) -> Iterator[Unshown]:
    """Yield what ``masked_url`` masks, as it is written and as it is meant."""
    for found in _USERINFO.finditer(url):
        for part in (found[2], *found[2].split(":", 1)):
            yield from map(Unshown, dict.fromkeys((part, unquote(part))))
    for found in _VALUE_OF_QUERY.finditer(url):
        yield from map(Unshown, dict.fromkeys((found[2], unquote_plus(found[2]))))


def without_credentials(text: str) -> str:
    """Any text without what looks like a credential in it: for what other libraries say."""
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _NAMED_SECRET.sub(rf"\1{MASK}", text)
    return _BEARER.sub(rf"\1 {MASK}", text)


def _mask(value: str) -> str:
    return value if re.fullmatch(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", value) else MASK

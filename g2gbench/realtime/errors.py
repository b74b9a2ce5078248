"""Errors of a realtime session, by the service's own error codes. Pure."""

from __future__ import annotations

from enum import StrEnum

from g2gbench.errors import ExitCode, G2GBenchError

_PERMANENT = (
    "permission denied",
    "not allowed",
    "invalid session",
    "401",
    "invalid api key",
    "unauthorized",
)


class ErrorCode(StrEnum):
    """The service's error codes, as its SDKs name them."""

    INVALID_API_KEY = "INVALID_API_KEY"
    INVALID_INPUT = "INVALID_INPUT"
    WEBRTC_TIMEOUT_ERROR = "WEBRTC_TIMEOUT_ERROR"
    WEBRTC_ICE_ERROR = "WEBRTC_ICE_ERROR"
    WEBRTC_WEBSOCKET_ERROR = "WEBRTC_WEBSOCKET_ERROR"
    WEBRTC_SERVER_ERROR = "WEBRTC_SERVER_ERROR"
    WEBRTC_SIGNALING_ERROR = "WEBRTC_SIGNALING_ERROR"


class RealtimeError(G2GBenchError):
    """A session could not be had, broke, or was asked for something that it cannot do.

    ``code`` says what kind of error; ``str()`` is the message, which never holds a key or a token.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = (
            ExitCode.BAD_INPUT if code is ErrorCode.INVALID_INPUT else ExitCode.UNREACHABLE
        )

    def __repr__(self) -> str:
        return f"RealtimeError({self.code.value}, {str(self)!r})"

    @property
    def permanent(self) -> bool:
        """Whether trying again is pointless: the key, the input or the session was refused."""
        if self.code in (ErrorCode.INVALID_API_KEY, ErrorCode.INVALID_INPUT):
            return True
        return any(words in str(self).lower() for words in _PERMANENT)


def from_service(text: str) -> RealtimeError:
    """The error that the service's ``error`` message stands for."""
    code = ErrorCode.INVALID_API_KEY if "api key" in text.lower() else ErrorCode.WEBRTC_SERVER_ERROR
    return RealtimeError(code, f"the service says: {text}")


def from_status(status: int) -> RealtimeError:
    """The error that an HTTP status in place of a socket stands for."""
    refused = status in (401, 403)
    code = ErrorCode.INVALID_API_KEY if refused else ErrorCode.WEBRTC_WEBSOCKET_ERROR
    return RealtimeError(code, f"the service refused the connection: HTTP status {status}")

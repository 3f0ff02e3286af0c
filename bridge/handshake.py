"""What an upgrade request says about the charger: path, credentials, subprotocols. No I/O.

Sources: OCPP-J 1.6 §3.1 and §6.2 (Basic authentication), RFC 7617, RFC 6455 §4.2. Nothing here
raises for what a client sent, and nothing here decides who may connect: the database does.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from websockets.datastructures import Headers
from websockets.http11 import Request

__all__ = ["Offer", "basic_credentials", "is_upgrade", "path_segments", "shown_path"]

MAX_TEXT_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Offer:
    """One upgrade request, in the form ocpp.open_connection takes."""

    path: tuple[str, ...]
    username: str | None
    password: bytes | None = field(repr=False)
    subprotocols: tuple[str, ...]
    """In the client's order of preference (OCPP-J 1.6 §3.1.3)."""
    user_agent: str | None

    @classmethod
    def from_request(cls, request: Request) -> Offer | None:
        """Read the request; None when its path can belong to no charger (404)."""
        path = path_segments(request.path)
        if not path:
            return None
        username, password = basic_credentials(request.headers)
        agents = request.headers.get_all("User-Agent")
        return cls(
            path=path,
            username=username,
            password=password,
            subprotocols=_subprotocols(request.headers),
            user_agent=agents[0][:MAX_TEXT_CHARACTERS] if agents else None,
        )


def path_segments(target: str) -> tuple[str, ...] | None:
    """Return the segments of a request target, percent-decoded once, empty ones left out.

    The query is no part of an identity. None for what is no UTF-8, holds NUL or is absurdly
    long: such a path can name no charger, and PostgreSQL's text could not hold it.
    """
    segments = []
    for raw in shown_path(target).split("/"):
        if not raw:
            continue
        try:
            segment = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return None
        if "\0" in segment or len(segment) > MAX_TEXT_CHARACTERS:
            return None
        segments.append(segment)
    return tuple(segments)


def shown_path(target: str) -> str:
    """Return what of a request target may be logged: host and query can hold credentials."""
    if target.lower().startswith(("http://", "https://", "ws://", "wss://")):
        # Absolute form (RFC 9112 §3.2.2), as some proxies send it.
        target = "/" + target.partition("://")[2].partition("/")[2]
    return target.partition("?")[0].partition("#")[0]


def basic_credentials(headers: Headers) -> tuple[str | None, bytes | None]:
    """Return user and password of a Basic header; (None, None) without a readable one.

    The password is bytes: 1.6 chargers may send keys that are no text (OCPP-J 1.6 §6.2), and
    it may hold ":" itself, so the first one splits.
    """
    values = headers.get_all("Authorization")
    if len(values) != 1:
        return None, None
    scheme, _, token = values[0].strip().partition(" ")
    if scheme.lower() != "basic":
        return None, None
    token = token.strip()
    try:
        decoded = base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None, None
    user, colon, password = decoded.partition(b":")
    if not colon or b"\0" in user or len(user) > MAX_TEXT_CHARACTERS or len(password) > 4096:
        return None, None
    # An identity is UTF-8; what is not can equal none, and must not stop anything.
    return user.decode("utf-8", "replace"), password


def is_upgrade(headers: Headers) -> bool:
    """Whether the request asks for a WebSocket at all."""
    return any("websocket" in value.lower() for value in headers.get_all("Upgrade"))


def _subprotocols(headers: Headers) -> tuple[str, ...]:
    names = (
        name.strip()
        for value in headers.get_all("Sec-WebSocket-Protocol")
        for name in value.split(",")
    )
    return tuple(name[:MAX_TEXT_CHARACTERS] for name in names if name)[:32]

"""What HAProxy's `send-proxy-v2` sends (proxy-protocol.txt §2.2)."""

from __future__ import annotations

import ipaddress

__all__ = ["extension", "proxy_header"]

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def proxy_header(address: str | None, *, extensions: bytes = b"") -> bytes:
    """The header for a client's address; None: a connection of the proxy itself."""
    if address is None:
        return _SIGNATURE + b"\x20\x00\0\0"
    parsed = ipaddress.ip_address(address)
    here = b"\x7f\0\0\x01" if parsed.version == 4 else bytes(15) + b"\x01"
    body = parsed.packed + here + (4711).to_bytes(2, "big") + (9000).to_bytes(2, "big")
    body += extensions
    family = b"\x11" if parsed.version == 4 else b"\x21"
    return _SIGNATURE + b"\x21" + family + len(body).to_bytes(2, "big") + body


def extension(kind: int, value: bytes) -> bytes:
    """A type-length-value field."""
    return bytes([kind]) + len(value).to_bytes(2, "big") + value

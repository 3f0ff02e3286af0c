"""Who is behind a proxy: PROXY protocol v2, X-Forwarded-For and Forwarded. No I/O.

Only listed proxies are believed, and a proxy only what it says itself: the PROXY header comes
before anything that a client can write, and of the addresses in a header line the right-most
one that is no listed proxy counts, because what stands left of it came with the request.

Sources: HAProxy's proxy-protocol.txt §2.2, RFC 7239 §4 to §6.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from websockets.datastructures import Headers

from bridge.exceptions import SettingsError

__all__ = ["HEAD_BYTES", "MAX_BODY_BYTES", "Origin", "Proxies", "body_size", "parse_body"]

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEAD_BYTES = 16
"""What every PROXY header begins with: signature, command, family and the size of the rest."""
MAX_BODY_BYTES = 4096

_LOCAL, _PROXY = 0x20, 0x21
# Family and transport -> bytes of one address.
_ADDRESS_BYTES = {0x11: 4, 0x21: 16}
_TLV_TLS = 0x20
_TLV_TLS_VERSION = 0x21
_CLIENT_USED_TLS = 0x01
_TLS_NAME = re.compile(rb"[A-Za-z0-9._-]{1,20}")

_FOR = re.compile(r"""(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^;"\s]*))""", re.IGNORECASE)
_HEADERS = ("x-forwarded-for", "forwarded")

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Origin:
    """What a PROXY header says."""

    address: str | None
    """None for a connection of the proxy itself, a health check."""
    tls_version: str | None
    """Of the connection to the proxy, when that ended its TLS and says so readably."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The listed proxies, and how they say who is behind them."""

    networks: tuple[_Network, ...] = ()
    uses_proxy_protocol: bool = False
    """Their connections begin with a PROXY header; header lines are not looked at then."""
    header: str = _HEADERS[0]

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Self:
        """Read the settings. Raises SettingsError naming the variable."""
        networks = []
        for text in env.get("VOLTARO_TRUSTED_PROXIES", "").replace(",", " ").split():
            try:
                networks.append(ipaddress.ip_network(text))
            except ValueError as error:
                raise SettingsError(f"VOLTARO_TRUSTED_PROXIES: {error}") from error
        protocol = env.get("VOLTARO_PROXY_PROTOCOL") or "0"
        if protocol not in {"0", "1"}:
            raise SettingsError(f"VOLTARO_PROXY_PROTOCOL must be 1 or 0, not {protocol!r}")
        header = (env.get("VOLTARO_FORWARDED_HEADER") or _HEADERS[0]).lower()
        if header not in _HEADERS:
            raise SettingsError(f"VOLTARO_FORWARDED_HEADER must be one of {', '.join(_HEADERS)}")
        return cls(tuple(networks), protocol == "1", header)

    def trusts(self, address: str) -> bool:
        """Whether an address is a listed proxy."""
        parsed = _parse(address) if self.networks else None
        return parsed is not None and any(parsed in network for network in self.networks)

    def find_client(self, headers: Headers, peer: str) -> str:
        """The address that a request comes from, when a listed proxy `peer` brought it."""
        client = peer
        for text in reversed(self._forwarded(headers)):
            address = _parse(text)
            if address is None:
                # Hidden on purpose or nonsense: whoever wrote it is as far as we can see.
                break
            client = str(address)
            if not self.trusts(client):
                break
        return client

    def _forwarded(self, headers: Headers) -> list[str]:
        """The addresses that the header names, first hop first."""
        elements = ",".join(headers.get_all(self.header)).split(",")
        if self.header == "x-forwarded-for":
            return [element.strip() for element in elements if element.strip()]
        return [
            (found[1] or found[2] or "") if (found := _FOR.search(element)) else ""
            for element in elements
            if element.strip()
        ]


def body_size(head: bytes) -> int:
    """Return how much of a PROXY header follows its first bytes. Raises ValueError."""
    if not head.startswith(SIGNATURE) or head[12] not in (_LOCAL, _PROXY):
        raise ValueError("no PROXY header of version 2")
    size = int.from_bytes(head[14:16], "big")
    if size > MAX_BODY_BYTES:
        raise ValueError(f"a PROXY header of {size} bytes")
    return size


def parse_body(head: bytes, body: bytes) -> Origin:
    """Read a PROXY header. Raises ValueError."""
    size = _ADDRESS_BYTES.get(head[13])
    if head[12] == _LOCAL or size is None:
        # Of the proxy's own, or over something that is no TCP: there is no address to take.
        return Origin(None, None)
    if len(body) < 2 * size + 4:
        raise ValueError("a PROXY header without its addresses")
    address = ipaddress.ip_address(body[:size])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return Origin(str(address), _find_tls_version(body[2 * size + 4 :]))


def _find_tls_version(extensions: bytes) -> str | None:
    tls = _extensions(extensions).get(_TLV_TLS, b"")
    if len(tls) < 5 or not tls[0] & _CLIENT_USED_TLS:
        return None
    version = _extensions(tls[5:]).get(_TLV_TLS_VERSION, b"")
    # What is no name of a version is no TLS: the database could not even hold some of it.
    return version.decode() if _TLS_NAME.fullmatch(version) else None


def _extensions(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= 3:
        size = int.from_bytes(data[1:3], "big")
        found.setdefault(data[0], data[3 : 3 + size])
        data = data[3 + size :]
    return found


def _parse(text: str) -> _Address | None:
    """An address as proxies write it: with a port, in brackets, or neither."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address

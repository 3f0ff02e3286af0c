"""Chargers that do not trust our certificate: they say so in TLS, before anybody knows who it is.

A hard-coded root that has expired, or a chain that is new to them, keeps chargers out without a
word of OCPP (QUIRKS row 13). The database knows who used to come from the same address.
"""

from __future__ import annotations

import logging
import ssl

__all__ = ["Distrust", "is_distrust"]

# Alerts about a certificate (RFC 8446 §6.2), as OpenSSL names them.
_REASONS = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_UNKNOWN_CA",
    }
)
# A scanner can send alerts, too; more addresses than these are not told of at once.
MAX_ADDRESSES = 100

logger = logging.getLogger(__name__)


def is_distrust(error: ssl.SSLError) -> bool:
    """Whether a handshake failed because the client does not trust our certificate."""
    return error.reason in _REASONS


class Distrust:
    """The addresses that refused our certificate and are not reported yet."""

    __slots__ = ("_addresses",)

    def __init__(self) -> None:
        self._addresses: dict[str, None] = {}

    def note(self, address: str, reason: str) -> None:
        """A client at that address refused our certificate."""
        if address not in self._addresses and len(self._addresses) < MAX_ADDRESSES:
            self._addresses[address] = None
            logger.warning("%s does not trust our certificate (%s)", address, reason)

    def take(self) -> list[str]:
        """Those that are not reported yet; they count as reported then."""
        addresses = list(self._addresses)
        self._addresses.clear()
        return addresses

"""JWTs for tests: ours, forged ones, and those of an outside provider with an RSA key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from typing import Any

__all__ = ["RsaKey", "sign_hs256", "unsigned"]

# DER of DigestInfo for SHA-256 (RFC 8017 §9.2, note 1).
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def sign_hs256(claims: dict[str, Any], secret: str) -> str:
    """Sign claims as our database does (RFC 7515, HS256)."""
    signed = _signing_input({"alg": "HS256", "typ": "JWT"}, claims)
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encode(mac)}"


def unsigned(claims: dict[str, Any]) -> str:
    """A token with the algorithm `none`, which nobody should accept."""
    return _signing_input({"alg": "none", "typ": "JWT"}, claims) + "."


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A throw-away RSA key of an outside provider: 2048 bits, RS256."""

    modulus: int
    private_exponent: int
    kid: str

    @classmethod
    def generate(cls, kid: str) -> RsaKey:
        """Make one; for tests only, as its randomness is not that of a real key."""
        while True:
            p, q = _prime(1024), _prime(1024)
            totient = (p - 1) * (q - 1)
            if p != q and totient % 65537:
                return cls(p * q, pow(65537, -1, totient), kid)

    @property
    def jwk(self) -> dict[str, str]:
        """The public part, as a JWKS lists it (RFC 7517)."""
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.kid,
            "n": _encode(self.modulus.to_bytes(256, "big")),
            "e": "AQAB",
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign claims (RSASSA-PKCS1-v1_5 with SHA-256)."""
        signed = _signing_input({"alg": "RS256", "typ": "JWT", "kid": self.kid}, claims)
        digest = _SHA256_PREFIX + hashlib.sha256(signed.encode()).digest()
        padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
        number = pow(int.from_bytes(padded, "big"), self.private_exponent, self.modulus)
        return f"{signed}.{_encode(number.to_bytes(256, 'big'))}"


def _signing_input(header: dict[str, str], claims: dict[str, Any]) -> str:
    return ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _prime(bits: int) -> int:
    while True:
        # The two highest bits are set, so that the product has twice the bits.
        candidate = random.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in range(3, 2000, 2)) and _is_prime(candidate):
            return candidate


def _is_prime(number: int) -> bool:
    """Miller-Rabin with 20 bases."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        value = pow(random.randrange(2, number - 1), odd, number)
        if value in (1, number - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True

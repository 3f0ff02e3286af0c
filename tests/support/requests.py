"""Certificate signing requests and certificates as chargers and their makers have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

__all__ = ["Key", "make_certificate", "make_name", "make_request"]

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def make_name(common_name: str | None, organization: str | None) -> x509.Name:
    """A subject of CN and O, either of which may be missing."""
    pairs = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text is not None])


def make_request(key: Key, common_name: str | None, organization: str | None) -> str:
    """A PKCS #10 request, PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        make_name(common_name, organization)
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    request = builder.sign(key, algorithm)
    return request.public_bytes(serialization.Encoding.PEM).decode()


def make_certificate(
    key: Key,
    subject: x509.Name,
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    serial_number: int = 0xA1B2C3,
) -> str:
    """A certificate that a maker's own root of the same key signed, PEM."""
    begins = not_before or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(make_name("Maker, root", "Maker"))
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(begins)
        .not_valid_after(not_after or begins + timedelta(days=365))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

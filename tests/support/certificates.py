"""Certificates for tests: authorities of a test's own, and what they issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Authority", "Issued"]

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path
    fingerprint: bytes
    """SHA-256 of the certificate."""


class Authority:
    """A root that signs whatever a test wants."""

    def __init__(self, directory: Path, name: str, key: _Key, root: x509.Certificate) -> None:
        self._directory = directory
        self._name = name
        self._key = key
        self._root = root
        self.file = directory / f"{name}.pem"
        """The root's certificate."""
        self.file.write_bytes(root.public_bytes(serialization.Encoding.PEM))

    @classmethod
    def create(cls, directory: Path, name: str) -> Self:
        """Make a root in `directory`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, subject, key, timedelta(days=30)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return cls(directory, name, key, builder.sign(key, hashes.SHA256()))

    def issue(
        self,
        name: str,
        *,
        organization: str = "Greenway",
        is_client: bool = False,
        is_rsa: bool = False,
        valid_for: timedelta = timedelta(days=7),
        key: _Key | None = None,
    ) -> Issued:
        """Issue a certificate with the common name `name`; a negative validity has ended."""
        if key is None:
            key = (
                rsa.generate_private_key(65537, 2048)
                if is_rsa
                else ec.generate_private_key(ec.SECP256R1())
            )
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if is_client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = (
            _builder(subject, self._root.subject, key, valid_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        stem = f"{self._name}-{name}-{certificate.serial_number:x}"
        files = self._directory / f"{stem}.pem", self._directory / f"{stem}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Issued(*files, certificate.fingerprint(hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, valid_for: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    begin = now - timedelta(days=1) if valid_for > timedelta(0) else now - timedelta(days=60)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now + valid_for)
    )

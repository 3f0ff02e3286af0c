"""TLS as the OCPP 1.6 Security Whitepaper wants it: contexts, and what a certificate says.

RSA and ECDSA certificates stand side by side in one context and the client's suites decide
(A00.FR.317, 318). A client certificate is asked for and may be missing: only the database knows
who needs one. One that is shown must be valid, or there is no connection.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bridge.exceptions import SettingsError

__all__ = ["TlsFiles", "describe_certificate", "make_context"]

# A00.FR.317/318: the four that a central system must support, and ECDHE with RSA, which keeps
# what was said secret when the key is lost. Python's own list lacks the last two.
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
# A00.FR.324: for listed chargers that know TLS 1.0 or 1.1 only. They hash with SHA-1, which
# OpenSSL 3 allows at its lowest security level alone.
OLD_SUITES = ("AES128-SHA", "@SECLEVEL=0")
# A00.FR.502, 503.
LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 224
WARN_DAYS = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: a certificate with its chain, and its key, of each kind that there is."""

    rsa: tuple[Path, Path] | None
    ecdsa: tuple[Path, Path] | None
    client_ca: Path | None
    """Roots that a client certificate must come from; None: none is asked for."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Self | None:
        """Read the settings; None without a certificate. Raises SettingsError.

        What is not named is looked for in the folder: rsa.pem and rsa.key, ecdsa.pem and
        ecdsa.key, clients.pem.
        """
        home = Path(env.get("VOLTARO_HOME") or ".voltaro")
        folder = Path(env.get("VOLTARO_TLS_FOLDER") or home / "tls").expanduser()
        rsa_files = _pair(
            "RSA",
            env.get("VOLTARO_TLS_RSA_CERTIFICATE"),
            env.get("VOLTARO_TLS_RSA_KEY"),
            folder / "rsa.pem",
        )
        ecdsa_files = _pair(
            "ECDSA",
            env.get("VOLTARO_TLS_ECDSA_CERTIFICATE"),
            env.get("VOLTARO_TLS_ECDSA_KEY"),
            folder / "ecdsa.pem",
        )
        if rsa_files is None and ecdsa_files is None:
            return None
        named = env.get("VOLTARO_TLS_CLIENT_CA")
        client_ca = Path(named).expanduser() if named else folder / "clients.pem"
        return cls(rsa_files, ecdsa_files, client_ca if named or client_ca.exists() else None)


def _pair(
    kind: str, certificate: str | None, key: str | None, usual: Path
) -> tuple[Path, Path] | None:
    if certificate and key:
        return Path(certificate).expanduser(), Path(key).expanduser()
    if certificate or key:
        raise SettingsError(f"VOLTARO_TLS_{kind}_CERTIFICATE and _KEY go together")
    return (usual, usual.with_suffix(".key")) if usual.exists() else None


def make_context(files: TlsFiles, *, is_old: bool = False) -> ssl.SSLContext:
    """Make the context of a port; `is_old` is for TLS 1.0 and 1.1. Raises SettingsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(":".join(OLD_SUITES if is_old else SUITES))
    if is_old:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        # The old suite needs an RSA key.
        pairs = [(files.rsa, "RSA")]
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        pairs = [(files.rsa, "RSA"), (files.ecdsa, "ECDSA")]
    # A00.FR.320, 321.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    for pair, kind in pairs:
        if pair is not None:
            _load(context, pair, kind)
    if files.client_ca is not None:
        try:
            context.load_verify_locations(files.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"the client CA {files.client_ca}: {error}") from error
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _load(context: ssl.SSLContext, pair: tuple[Path, Path], kind: str) -> None:
    certificate, key = pair
    try:
        # Without a password OpenSSL would ask the terminal for one.
        context.load_cert_chain(certificate, key, password=lambda: b"")
        first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError, ssl.SSLError) as error:
        raise SettingsError(
            f"the {kind} certificate {certificate} and its key {key} cannot be used: {error}"
        ) from error
    public = first.public_key()
    if not (
        isinstance(public, rsa.RSAPublicKey) and public.key_size >= LEAST_RSA_BITS
        if kind == "RSA"
        else isinstance(public, ec.EllipticCurvePublicKey) and public.key_size >= LEAST_EC_BITS
    ):
        least = LEAST_RSA_BITS if kind == "RSA" else LEAST_EC_BITS
        raise SettingsError(
            f"the {kind} certificate {certificate} has no {kind} key of {least} bits"
        )
    left = first.not_valid_after_utc - datetime.now(UTC)
    logger.log(
        logging.WARNING if left.days < WARN_DAYS else logging.INFO,
        "the %s certificate of %s is valid until %s",
        kind,
        first.subject.rfc4514_string(),
        first.not_valid_after_utc.isoformat(),
    )


def describe_certificate(der: bytes) -> dict[str, Any] | None:
    """What ocpp.open_connection takes of a client certificate; None for one that is unreadable.

    Texts may be null where the certificate has none, or several.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        return {
            "fingerprint_sha256": certificate.fingerprint(hashes.SHA256()).hex(),
            "serial_number": f"{certificate.serial_number:x}",
            "common_name": _attribute(certificate.subject, NameOID.COMMON_NAME),
            "organization": _attribute(certificate.subject, NameOID.ORGANIZATION_NAME),
            "issuer": certificate.issuer.rfc4514_string(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        }
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType) as error:
        logger.warning("a client certificate cannot be read: %s", error)
        return None


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    found = name.get_attributes_for_oid(oid)
    # Of several nobody can say which one its authority has looked at.
    if len(found) != 1:
        return None
    value = found[0].value
    text = value if isinstance(value, str) else value.decode("latin-1")
    # PostgreSQL's text has no NUL.
    return text.replace("\0", "\u2400")

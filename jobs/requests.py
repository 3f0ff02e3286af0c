"""Certificate signing requests of chargers: what they say. Whether that will do, SQL decides."""

from __future__ import annotations

import logging
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from jobs.exceptions import RequestError

__all__ = ["describe_request", "read_request"]

_logger = logging.getLogger("jobs")


def read_request(pem: str) -> x509.CertificateSigningRequest:
    """Read a PKCS #10 request (RFC 2986) in PEM. Raises RequestError."""
    try:
        return x509.load_pem_x509_csr(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError(str(error)) from error


def describe_request(pem: str) -> dict[str, Any]:
    """What jobs.judge_certificate_request takes: facts about a request, whatever it holds."""
    try:
        request = read_request(pem)
        key = request.public_key()
        return {
            "is_readable": True,
            "has_valid_signature": request.is_signature_valid,
            "key_type": (
                "RSA"
                if isinstance(key, rsa.RSAPublicKey)
                else "EC"
                if isinstance(key, ec.EllipticCurvePublicKey)
                else type(key).__name__
            ),
            "key_bits": getattr(key, "key_size", 0),
            "common_names": _values(request.subject, NameOID.COMMON_NAME),
            "organizations": _values(request.subject, NameOID.ORGANIZATION_NAME),
        }
    except RequestError:
        return {"is_readable": False}
    except Exception:
        # Read piece by piece, of whatever a charger sent: no list of what may fail is whole, and
        # one request must not end the signing of all others.
        _logger.warning("a certificate request cannot be read", exc_info=True)
        return {"is_readable": False}


def _values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    values = (attribute.value for attribute in name.get_attributes_for_oid(oid))
    texts = (value if isinstance(value, str) else value.decode("latin-1") for value in values)
    # PostgreSQL's text has no NUL.
    return [text.replace("\0", "\u2400") for text in texts]

"""fleet.parse_certificate reads what the library writes, and nothing makes it fail."""

from __future__ import annotations

import base64
import json
import ssl
import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.databases import Database
from tests.support.requests import Key, make_certificate, make_name

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = make_certificate(KEY, make_name("SN-1", "Greenway Charging"))


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection as the owner of everything."""
    with psycopg.connect(module_database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        yield connection


def parse(owner: psycopg.Connection[tuple[Any, ...]], pem: str) -> dict[str, Any] | None:
    """What SQL makes of a text."""
    row = owner.execute("select fleet.parse_certificate(%s)", [pem]).fetchone()
    assert row is not None
    found: dict[str, Any] | None = row[0]
    return found


def pem_of(der: bytes) -> str:
    """DER as PEM."""
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        rsa.generate_private_key(65537, 4096),
        KEY,
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa2048", "rsa4096", "p256", "p521", "ed25519"],
)
@pytest.mark.parametrize(
    ("common_name", "organization", "serial_number", "begins", "ends"),
    [
        ("SN-1", "Greenway", 1, "2026-01-02T03:04:05Z", "2026-07-01T00:00:00Z"),
        ("Säule, 7", "Grün & Söhne", 2**159 - 1, "1999-01-01T00:00:00Z", "2049-12-31T00:00:00Z"),
        (None, None, 0xFFF, "2049-12-31T00:00:00Z", "2199-01-01T00:00:00Z"),
    ],
    ids=["plain", "odd", "late"],
)
def test_what_it_says_is_what_the_library_wrote(
    owner: psycopg.Connection[tuple[Any, ...]],
    key: Key,
    common_name: str | None,
    organization: str | None,
    serial_number: int,
    begins: str,
    ends: str,
) -> None:
    validity = [datetime.fromisoformat(begins), datetime.fromisoformat(ends)]
    pem = make_certificate(
        key,
        make_name(common_name, organization),
        serial_number=serial_number,
        not_before=validity[0],
        not_after=validity[1],
    )
    found = parse(owner, pem)
    assert found is not None
    times = [datetime.fromisoformat(found.pop(name)) for name in ("not_before", "not_after")]
    assert times == validity
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert found == {
        "fingerprint_sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "serial_number": f"{serial_number:X}",
        "common_name": common_name,
        "organization": organization,
        "issuer": certificate.issuer.rfc4514_string(),
    }


def test_the_first_of_a_chain_is_read(owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    other = make_certificate(KEY, make_name("other", "other"))
    found = parse(owner, f"subject=CN = SN-1\r\n{PEM.replace(chr(10), chr(13) + chr(10))}{other}")
    assert found == parse(owner, PEM)


def test_unknown_kinds_of_names_are_passed_over(
    owner: psycopg.Connection[tuple[Any, ...]],
) -> None:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "77"),
            x509.NameAttribute(NameOID.COMMON_NAME, "SN-1"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.org"),
        ]
    )
    found = parse(owner, make_certificate(KEY, subject))
    assert found is not None
    assert (found["common_name"], found["organization"]) == ("SN-1", None)


@pytest.mark.parametrize(
    "text",
    ["", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", pem_of(b"\x30"),
     pem_of(b"\x30\x84\xff\xff\xff\xff"), pem_of(b"\x30\x02\x30\x00"), PEM[:400], PEM[30:]],
)  # fmt: skip
def test_what_is_none_is_null(owner: psycopg.Connection[tuple[Any, ...]], text: str) -> None:
    assert parse(owner, text) is None


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_bytes_make_it_fail(
    owner: psycopg.Connection[tuple[Any, ...]], data: st.DataObject
) -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(PEM))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    found = parse(owner, pem_of(bytes(der[:cut] if data.draw(st.booleans()) else der)))
    assert found is None or json.dumps(found)

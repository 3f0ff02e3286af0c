"""What the bridge tells the database of a client certificate."""

from __future__ import annotations

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.tls import describe_certificate
from tests.support.requests import make_certificate

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("common_names", "organizations", "common_name", "organization"),
    [
        (["SN-1"], ["Greenway"], "SN-1", "Greenway"),
        (["SN-1", "SN-2"], ["Greenway"], None, "Greenway"),
        (["SN-1", "SN-1"], ["Greenway"], None, "Greenway"),
        (["SN-1"], ["Greenway", "Bluecharge"], "SN-1", None),
        ([], [], None, None),
    ],
    ids=["one", "two-names", "twice", "two-organizations", "none"],
)
def test_of_several_names_none_counts(
    common_names: list[str],
    organizations: list[str],
    common_name: str | None,
    organization: str | None,
) -> None:
    """Which of them its authority has looked at nobody can say."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names]
        + [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organizations]
    )
    facts = describe_certificate(ssl.PEM_cert_to_DER_cert(make_certificate(KEY, subject)))
    assert facts is not None
    assert (facts["common_name"], facts["organization"]) == (common_name, organization)


def test_a_nul_is_kept_from_the_database() -> None:
    """PostgreSQL's text has none, and a name with one equals no other."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SN-1\0")])
    facts = describe_certificate(ssl.PEM_cert_to_DER_cert(make_certificate(KEY, subject)))
    assert facts is not None
    assert facts["common_name"] == "SN-1\u2400"

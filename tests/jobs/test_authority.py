"""Certificate authorities: what they sign, what they refuse, what they leave on disk."""

from __future__ import annotations

import contextlib
import json
import resource
import ssl
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.authority import CommandAuthority, LocalAuthority, Subject, authority_of
from jobs.exceptions import AuthorityError
from jobs.requests import describe_request
from tests.support.processes import wait_until
from tests.support.requests import Key, make_request

SUBJECT = Subject("SN-1", "Greenway", 30)
KEYS: dict[str, Callable[[], Key]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
}


def _extended_usage(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    return list(found.value)


# What a request says


@pytest.mark.parametrize("kind", KEYS)
def test_a_request_is_described(kind: str) -> None:
    key = KEYS[kind]()
    assert describe_request(make_request(key, "SN-1", "Greenway")) == {
        "is_readable": True,
        "has_valid_signature": True,
        "key_type": "RSA" if kind == "rsa" else "EC",
        "key_bits": 2048 if kind == "rsa" else 256,
        "common_names": ["SN-1"],
        "organizations": ["Greenway"],
    }


def test_another_kind_of_key_is_named() -> None:
    facts = describe_request(make_request(ed25519.Ed25519PrivateKey.generate(), "SN-1", "G"))
    assert (facts["key_type"], facts["has_valid_signature"]) == ("Ed25519PublicKey", True)


def test_a_request_that_was_tampered_with_has_no_valid_signature() -> None:
    pem = make_request(KEYS["ecdsa"](), "SN-1", "Greenway")
    der = bytearray(ssl.PEM_cert_to_DER_cert(pem.replace(" REQUEST", "")))
    der[der.index(b"SN-1") + 3] = ord("2")
    forged = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    facts = describe_request(forged)
    assert (facts["common_names"], facts["has_valid_signature"]) == (["SN-2"], False)


@pytest.mark.parametrize("body", ["", "AAAA", "not base64 at all!", "MIIBxjCB"])
def test_what_cannot_be_read_is_described_as_that(body: str) -> None:
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"
    assert describe_request(pem) == {"is_readable": False}


_DER = ssl.PEM_cert_to_DER_cert(
    make_request(KEYS["ecdsa"](), "SN-1", "Greenway").replace(" REQUEST", "")
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_bytes_make_the_description_fail(data: st.DataObject, tmp_path: Path) -> None:
    """Facts of some kind, and a signature or an error of ours for those that would be signed."""
    der = bytearray(_DER)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    facts = describe_request(pem)
    assert json.dumps(facts)
    if facts["is_readable"]:
        with contextlib.suppress(AuthorityError):
            LocalAuthority(tmp_path).sign(pem, SUBJECT)


def test_a_name_with_a_nul_is_stored_without() -> None:
    assert describe_request(make_request(KEYS["ecdsa"](), "S\0N", "G"))["common_names"] == ["S␀N"]


@pytest.mark.filterwarnings("ignore:Attribute's length")
@pytest.mark.parametrize("length", [65, 500])
def test_a_name_may_be_longer_than_its_standard_has_it(length: int, tmp_path: Path) -> None:
    """Quirk 49: a serial number is what the charger says."""
    subject = Subject("S" * length, "Ö" * length, 30)
    chain = LocalAuthority(tmp_path).sign(make_request(KEYS["ecdsa"](), "x", "y"), subject)
    certificate = x509.load_pem_x509_certificate(chain.encode())
    values = [attribute.value for attribute in certificate.subject]
    assert sorted(values) == sorted([subject.common_name, subject.organization])


# The local authority


@pytest.mark.parametrize("kind", KEYS)
def test_a_charger_gets_a_certificate_of_its_own_kind(kind: str, tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    key = KEYS[kind]()
    (certificate,) = x509.load_pem_x509_certificates(
        authority.sign(make_request(key, "other", "names"), SUBJECT).encode()
    )
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == "CN=SN-1,O=Greenway"
    assert _extended_usage(certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.days == 30
    roots = x509.load_pem_x509_certificates(authority.roots_file.read_bytes())
    assert [root.subject for root in roots if root.subject == certificate.issuer]
    certificate.verify_directly_issued_by(
        next(root for root in roots if root.subject == certificate.issuer)
    )
    is_rsa = isinstance(certificate.signature_algorithm_parameters, padding.PKCS1v15)
    assert is_rsa == (kind == "rsa")
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_server_gets_a_certificate_that_a_client_accepts(kind: str, tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    issued = authority.issue_server(["ocpp.example.org", "127.0.0.1"], kind)  # type: ignore[arg-type]  # a parameter
    (certificate,) = x509.load_pem_x509_certificates(issued.chain_pem.encode())
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert names[0].value == "ocpp.example.org"
    roots = x509.load_pem_x509_certificates(authority.roots_file.read_bytes())
    PolicyBuilder().store(Store(roots)).build_server_verifier(
        x509.DNSName("ocpp.example.org")
    ).verify(certificate, [])
    (tmp_path / "server.pem").write_text(issued.chain_pem)
    (tmp_path / "server.key").write_text(issued.key_pem)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        tmp_path / "server.pem", tmp_path / "server.key"
    )


def test_roots_are_made_once_and_kept_for_us_alone(tmp_path: Path) -> None:
    together = threading.Barrier(4)
    roots: list[bytes] = []

    def ask() -> None:
        together.wait()
        roots.append(LocalAuthority(tmp_path).roots_file.read_bytes())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(roots) == 4
    assert len(set(roots)) == 1
    folder = tmp_path / "ca"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("ca*")}
    assert files == dict.fromkeys(
        ["ca.pem", "ca-rsa.key", "ca-rsa.pem", "ca-ecdsa.key", "ca-ecdsa.pem"], 0o600
    )


def test_an_interrupted_start_is_gone_on_with(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    authority.sign(make_request(KEYS["rsa"](), "x", "y"), SUBJECT)
    folder = tmp_path / "ca"
    kept = (folder / "ca-rsa.pem").read_text()
    for name in ("ca.pem", "ca-ecdsa.pem"):
        (folder / name).unlink()
    assert kept in authority.roots_file.read_text()
    authority.sign(make_request(KEYS["ecdsa"](), "x", "y"), SUBJECT)


def test_a_root_that_is_spoilt_is_an_error(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    authority.roots_file.read_text()
    (tmp_path / "ca/ca-rsa.key").write_text("nonsense")
    with pytest.raises(AuthorityError, match="the rsa root cannot be used"):
        authority.sign(make_request(KEYS["rsa"](), "x", "y"), SUBJECT)


# A command

_SIGN = """
import os, sys
from pathlib import Path
from jobs.authority import LocalAuthority, Subject
print("a line before")
print(LocalAuthority(Path(sys.argv[1])).sign(sys.stdin.read(), Subject(
    os.environ["CERTIFICATE_COMMON_NAME"], os.environ["CERTIFICATE_ORGANIZATION"],
    int(os.environ["CERTIFICATE_DAYS"]))))
"""


def command(program: str, *arguments: str, timeout_s: float = 30) -> CommandAuthority:
    """An authority that is a Python program."""
    return CommandAuthority([sys.executable, "-c", program, *arguments], timeout_s=timeout_s)


def test_a_command_signs(tmp_path: Path) -> None:
    key = KEYS["ecdsa"]()
    chain = command(_SIGN, str(tmp_path)).sign(make_request(key, "x", "y"), SUBJECT)
    assert chain.startswith("-----BEGIN CERTIFICATE-----")
    assert x509.load_pem_x509_certificate(chain.encode()).public_key() == key.public_key()


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import sys; sys.exit('no such profile')", "status 1: no such profile"),
        ("print('hello')", "no certificate"),
        ("import time; time.sleep(60)", "no answer within 0.5 s"),
        ("import os; assert not [n for n in os.environ if 'DATABASE' in n]", "no certificate"),
    ],
)
def test_a_command_that_fails_says_why(
    program: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTARO_JOBS_DATABASE_URL", "postgresql://jobs:secret@db/x")
    timeout_s = 0.5 if "sleep" in program else 30
    with pytest.raises(AuthorityError, match=problem):
        command(program, timeout_s=timeout_s).sign(make_request(KEYS["ecdsa"](), "x", "y"), SUBJECT)


def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    """A shell that waits for its child, as most commands of operators are."""
    program = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "child.wait()"
    )
    with pytest.raises(AuthorityError, match="no answer within 3 s"):
        command(program, timeout_s=3).sign(make_request(KEYS["ecdsa"](), "x", "y"), SUBJECT)
    stat_file = Path("/proc") / (tmp_path / "pid").read_text() / "stat"

    def has_ended() -> bool:
        try:
            state = stat_file.read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        # Dead, and not yet waited for by whoever inherited it.
        return state in "ZX"

    # It was killed, and dies as soon as it gets a processor.
    wait_until(has_ended, what="the end of the child")


def test_a_command_that_never_stops_writing_fills_no_memory() -> None:
    program = "import sys\nwhile True: sys.stdout.write('x' * 100000)"
    began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(AuthorityError, match="no answer within 2 s"):
        command(program, timeout_s=2).sign(make_request(KEYS["ecdsa"](), "x", "y"), SUBJECT)
    # In KiB; hundreds of MB a second would be written.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 50_000


def test_an_answer_that_is_too_long_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="too long"):
        command(_SIGN + "print('x' * 200_000)", str(tmp_path)).sign(
            make_request(KEYS["ecdsa"](), "x", "y"), SUBJECT
        )


def test_a_command_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AuthorityError, match="cannot be run"):
        CommandAuthority(["/nowhere/at-all"]).sign(make_request(KEYS["rsa"](), "x", "y"), SUBJECT)


@pytest.mark.parametrize(
    ("key", "subject", "problem"),
    [("other", SUBJECT, "another key"), ("same", Subject("SN-2", "Greenway", 30), "CN or O")],
)
def test_a_certificate_for_something_else_is_not_taken(
    key: str, subject: Subject, problem: str, tmp_path: Path
) -> None:
    asked = KEYS["ecdsa"]()
    signed = asked if key == "same" else KEYS["ecdsa"]()
    chain = LocalAuthority(tmp_path).sign(make_request(signed, "x", "y"), SUBJECT)
    with pytest.raises(AuthorityError, match=problem):
        command(f"print({chain!r})").sign(make_request(asked, "x", "y"), subject)


# Settings


def test_the_setting_chooses(tmp_path: Path) -> None:
    assert isinstance(authority_of({"VOLTARO_HOME": str(tmp_path)}), LocalAuthority)
    assert isinstance(
        authority_of({"VOLTARO_CA": "command", "VOLTARO_CA_COMMAND": "sign 'a b'"}),
        CommandAuthority,
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"VOLTARO_CA": "nobody"},
        {"VOLTARO_CA": "command"},
        {"VOLTARO_CA": "command", "VOLTARO_CA_COMMAND": "x", "VOLTARO_CA_TIMEOUT_S": "soon"},
    ],
)
def test_settings_that_say_nothing_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(AuthorityError):
        authority_of(environment)

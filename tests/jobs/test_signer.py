"""The jobs runner takes requests of chargers to the authority: as a process, on a database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from db.settings import ROOT
from jobs.authority import LocalAuthority
from tests.support.databases import Database
from tests.support.processes import running_jobs, wait_until
from tests.support.requests import Key, make_request

Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner; charge point 1001 is SN-1 of the operator Greenway."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        connection.execute("update core.tenants set cpo_name = 'Greenway' where id = 101")
        connection.execute("update core.charge_points set serial_number = 'SN-1' where id = 1001")
        yield connection


@contextmanager
def runner(
    database: Database, home: Path, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A jobs runner with its authority in `home`."""
    log = home / "jobs.log"
    with running_jobs(database.settings, home, log=log, **environment) as process:
        yield process, log


def ask(owner: Owner, csr: str) -> int:
    """A charger's SignCertificate; returns the number of the request, due now."""
    row = owner.execute(
        "select ocpp16.sign_certificate("
        "(1001, 101, 1001, 'x', now(), null)::ops.ocpp_call, %s) ->> 'status'",
        [json.dumps({"csr": csr})],
    ).fetchone()
    assert row == ("Accepted",)
    row = owner.execute(
        "update core.certificate_requests set next_attempt_at = now()"
        " where state = 'pending' returning id"
    ).fetchone()
    assert row is not None
    return int(row[0])


def state_of(owner: Owner, request_id: int) -> tuple[str, str | None]:
    """State and reason of a request."""
    row = owner.execute(
        "select state, reason from core.certificate_requests where tenant_id = 101 and id = %s",
        [request_id],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())],
    ids=["rsa", "ec"],
)
def test_a_request_is_signed_and_goes_to_its_charger(
    database: Database, owner: Owner, tmp_path: Path, key: Key
) -> None:
    with runner(database, tmp_path) as (_, log):
        request_id = ask(owner, make_request(key, "SN-1", "Greenway"))
        wait_until(lambda: state_of(owner, request_id)[0] != "pending", what="a decision")
    assert state_of(owner, request_id) == ("signed", None), log.read_text()
    row = owner.execute(
        "select c.payload ->> 'certificateChain', c.state, c.is_kept"
        " from ops.commands as c"
        " join core.certificate_requests as r on r.command_id = c.id and r.tenant_id = c.tenant_id"
        " where r.id = %s",
        [request_id],
    ).fetchone()
    assert row is not None
    chain, state, is_kept = row
    assert (state, is_kept) == ("queued", True)
    certificate = x509.load_pem_x509_certificate(chain.encode())
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == "CN=SN-1,O=Greenway"
    roots = x509.load_pem_x509_certificates(LocalAuthority(tmp_path).roots_file.read_bytes())
    assert certificate.issuer in {root.subject for root in roots}
    assert owner.execute(
        "select charge_point_id, serial_number, issuer from core.charge_point_certificates"
        " where certificate_request_id = %s",
        [request_id],
    ).fetchone() == (1001, f"{certificate.serial_number:X}", certificate.issuer.rfc4514_string())


@pytest.mark.parametrize(
    ("csr", "reason"),
    [
        (make_request(ec.generate_private_key(ec.SECP256R1()), "SN-2", "Greenway"),
         "serial_number_wrong"),
        (make_request(ec.generate_private_key(ec.SECP256R1()), "SN-1", None),
         "organization_wrong"),
        (make_request(ec.generate_private_key(ec.SECP192R1()), "SN-1", "Greenway"),
         "key_too_short"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
         "unreadable"),
    ],
    ids=["name", "organization", "short", "unreadable"],
)  # fmt: skip
def test_a_request_that_breaks_a_rule_is_refused(
    database: Database, owner: Owner, tmp_path: Path, csr: str, reason: str
) -> None:
    with runner(database, tmp_path):
        request_id = ask(owner, csr)
        wait_until(lambda: state_of(owner, request_id)[0] != "pending", what="a decision")
    assert state_of(owner, request_id) == ("refused", reason)
    assert owner.execute("select 1 from ops.commands where action like 'Cert%'").fetchall() == []


def test_an_authority_that_fails_is_asked_again(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    program = tmp_path / "sign.py"
    program.write_text("import sys; sys.exit('the authority is closed')")
    command = f"{sys.executable} {program}"
    with runner(database, tmp_path, VOLTARO_CA="command", VOLTARO_CA_COMMAND=command) as (_, log):
        request_id = ask(
            owner, make_request(ec.generate_private_key(ec.SECP256R1()), "SN-1", "Greenway")
        )
        wait_until(lambda: state_of(owner, request_id)[1] is not None, what="a failure")
        assert state_of(owner, request_id) == (
            "pending",
            "the command ended with status 1: the authority is closed",
        )
        assert owner.execute(
            "select count(*) from core.alarms"
            " where kind = 'certificate_authority' and cleared_at is null"
        ).fetchone() == (1,)
        program.write_text(
            f"import os, sys; from pathlib import Path; sys.path.insert(0, {str(ROOT)!r});"
            "from jobs.authority import LocalAuthority, Subject;"
            f"print(LocalAuthority(Path({str(tmp_path)!r})).sign(sys.stdin.read(), Subject("
            "os.environ['CERTIFICATE_COMMON_NAME'], os.environ['CERTIFICATE_ORGANIZATION'], 9)))"
        )
        owner.execute("update core.certificate_requests set next_attempt_at = now()")
        wait_until(lambda: state_of(owner, request_id)[0] != "pending", what="a decision")
    assert state_of(owner, request_id) == ("signed", None), log.read_text()
    assert owner.execute(
        "select count(*) from core.alarms"
        " where kind = 'certificate_authority' and cleared_at is null"
    ).fetchone() == (0,)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("sys.stderr.write('no\\0thing'); sys.exit(1)", "status 1: no\u2400thing"),
        # A subject and a key as asked for, and an issuer that SQL cannot read.
        ("print(odd())", "what was signed cannot be sent: the text is no certificate"),
    ],
    ids=["nul", "unreadable"],
)
def test_an_authority_that_answers_nonsense_has_failed(
    database: Database, owner: Owner, tmp_path: Path, program: str, reason: str
) -> None:
    file = tmp_path / "sign.py"
    file.write_text(
        "import datetime, sys\n"
        "from cryptography import x509\n"
        "from cryptography.hazmat.primitives import hashes, serialization\n"
        "from cryptography.hazmat.primitives.asymmetric import ec\n"
        "from cryptography.x509 import name\n"
        "from cryptography.x509.oid import NameOID\n"
        "def odd():\n"
        "    now = datetime.datetime.now(datetime.UTC)\n"
        "    issuer = x509.Name([x509.NameAttribute(\n"
        "        NameOID.COMMON_NAME, 'Ö', _type=name._ASN1Type.BMPString)])\n"
        "    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Greenway'),\n"
        "        x509.NameAttribute(NameOID.COMMON_NAME, 'SN-1')])\n"
        "    key = x509.load_pem_x509_csr(sys.stdin.buffer.read()).public_key()\n"
        "    return x509.CertificateBuilder(issuer, subject, key, 7, now,\n"
        "        now + datetime.timedelta(days=1)).sign(\n"
        "        ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()\n"
        "        ).public_bytes(serialization.Encoding.PEM).decode()\n"
        f"{program}\n"
    )
    command = f"{sys.executable} {file}"
    with runner(database, tmp_path, VOLTARO_CA="command", VOLTARO_CA_COMMAND=command) as (_, log):
        request_id = ask(
            owner, make_request(ec.generate_private_key(ec.SECP256R1()), "SN-1", "Greenway")
        )
        wait_until(lambda: state_of(owner, request_id)[1] is not None, what="a failure")
    state, problem = state_of(owner, request_id)
    assert state == "pending", log.read_text()
    assert reason in (problem or ""), log.read_text()
    assert owner.execute(
        "select count(*) from core.alarms where kind = 'certificate_authority'"
    ).fetchone() == (1,)


def test_two_runners_sign_each_request_once(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    owner.execute("update core.tenants set cpo_name = 'Greenway'")
    owner.execute("update core.charge_points set serial_number = identity")
    identities = owner.execute(
        "select tenant_id, id, identity from core.charge_points order by id"
    ).fetchall()
    assert len(identities) == 4
    for tenant_id, charge_point_id, identity in identities:
        request = make_request(ec.generate_private_key(ec.SECP256R1()), identity, "Greenway")
        owner.execute(
            "select ocpp16.sign_certificate((1001, %s, %s, 'x', now(), null)::ops.ocpp_call, %s)",
            [tenant_id, charge_point_id, json.dumps({"csr": request})],
        )
    owner.execute(
        "update core.certificate_requests set next_attempt_at = now() where state = 'pending'"
    )
    with runner(database, tmp_path) as (_, log):
        other = tmp_path / "other"
        other.mkdir()
        with runner(database, other, VOLTARO_HOME=str(tmp_path)):
            wait_until(
                lambda: (
                    owner.execute(
                        "select 1 from core.certificate_requests where state = 'pending'"
                    ).fetchone()
                    is None
                ),
                what="all decisions",
            )
    assert owner.execute(
        "select count(*), count(distinct charge_point_id) from ops.commands"
        " where action = 'CertificateSigned'"
    ).fetchone() == (4, 4), log.read_text()
    assert owner.execute(
        "select max(attempts) from core.certificate_requests where certificate_requests.csr like"
        " '-----%%'"
    ).fetchone() == (1,)


def test_a_setting_that_names_no_authority_ends_it(database: Database, tmp_path: Path) -> None:
    with runner(database, tmp_path, VOLTARO_CA="nobody") as (process, log):
        assert process.wait(10) == 2
    assert log.read_text() == "VOLTARO_CA is local or command, not nobody\n"

"""VAT ids are checked by the register, over HTTP, and what is no answer changes nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from jobs.exceptions import JobsError
from jobs.outbox import Outbox
from jobs.vat import VatDeliverer, vat_deliverer_of
from tests.support.databases import Database

Owner = psycopg.Connection[tuple[Any, ...]]


class Register(ThreadingHTTPServer):
    """A register: answers with what is next, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any]] = []
        self.questions: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        """Where it is, as VOLTARO_VIES_URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/rest-api"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        register = self.server
        assert isinstance(register, Register)
        body = self.rfile.read(int(self.headers["content-length"]))
        register.questions.append((self.path, json.loads(body)))
        code, answer = register.answers.pop(0)
        reply = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's
        """Nothing on the terminal."""


@pytest.fixture
def register() -> Iterator[Register]:
    """A register that listens."""
    with Register() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner, with a company of each tenant that has a VAT id."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        connection.execute(
            "insert into core.customers (tenant_id, number, kind, name, email, vat_id)"
            " values (101, 'V1', 'company', 'Fleet', 'a@example.org', 'NL123456789B01'),"
            " (102, 'V1', 'company', 'Fleet', 'a@example.org', 'GB123456789')"
        )
        yield connection


def check(database: Database, register: Register, *, due: bool = True) -> str:
    """Run the job, then whatever is due in the outbox; return what the job said."""
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        row = connection.execute("select jobs.check_vat_ids()").fetchone()
        worker = Outbox(database.jobs_url, threading.Event(), VatDeliverer(register.url))
        while due and worker._run_one(connection):
            pass
    assert row is not None
    return str(row[0])


def state(owner: Owner) -> tuple[Any, ...] | None:
    """What is known of the VAT id."""
    return owner.execute(
        "select vat_id_state, vat_id_evidence ->> 'consultation_number', vat_id_checked_at"
        " is not null from core.customers where tenant_id = 101 and number = 'V1'"
    ).fetchone()


VALID = {
    "countryCode": "NL",
    "vatNumber": "123456789B01",
    "requestDate": "2026-05-01T10:00:00Z",
    "valid": True,
    "requestIdentifier": "WAPIAAAAW1",
    "name": "FLEET BV",
    "address": "---",
}


def test_a_vat_id_becomes_valid_with_its_consultation_number(
    database: Database, owner: Owner, register: Register
) -> None:
    """The tenant's own VAT id goes along; that of a country outside the register is not asked."""
    register.answers = [(200, VALID)]
    assert check(database, register) == "asked for 1 VAT ids"
    assert state(owner) == ("valid", "WAPIAAAAW1", True)
    assert register.questions == [
        (
            "/rest-api/check-vat-number",
            {
                "countryCode": "NL",
                "vatNumber": "123456789B01",
                "requesterMemberStateCode": "DE",
                "requesterNumber": "123456789",
            },
        )
    ]
    assert check(database, register) == ""


def test_one_that_nobody_has_is_invalid(
    database: Database, owner: Owner, register: Register
) -> None:
    """Reverse charge ends with it."""
    register.answers = [(200, VALID)]
    check(database, register)
    owner.execute(
        "insert into core.accounts (tenant_id, customer_id, tax_treatment)"
        " select tenant_id, id, 'reverse_charge' from core.customers"
        " where tenant_id = 101 and number = 'V1'"
    )
    owner.execute(
        "update core.customers set vat_id_checked_at = now() - interval '100 days'"
        " where tenant_id = 101 and number = 'V1'"
    )
    owner.execute("update ops.outbox set idempotency_key = 'yesterday' where kind = 'vat_check'")
    register.answers = [(200, {**VALID, "valid": False, "requestIdentifier": ""})]
    assert check(database, register) == "asked for 1 VAT ids"
    assert state(owner) == ("invalid", None, True)
    row = owner.execute(
        "select tax_treatment from core.accounts as a join core.customers as c"
        " on c.tenant_id = a.tenant_id and c.id = a.customer_id and c.number = 'V1'"
    ).fetchone()
    assert row == ("standard",)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (500, {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}),
        (200, {"actionSucceed": False, "errorWrappers": [{"error": "GLOBAL_MAX_CONCURRENT_REQ"}]}),
        (200, {**VALID, "valid": False, "userError": "MS_MAX_CONCURRENT_REQ"}),
        (503, "<html>Service Unavailable</html>"),
        (200, "[]"),
        (200, {"valid": "true"}),
    ],
)
def test_what_is_no_answer_leaves_it_unchecked(
    database: Database, owner: Owner, register: Register, code: int, answer: Any
) -> None:
    """It waits to be asked again, and the job does not ask beside it."""
    register.answers = [(code, answer)]
    check(database, register)
    assert state(owner) == ("unchecked", None, False)
    row = owner.execute("select state from ops.outbox where kind = 'vat_check'").fetchone()
    assert row == ("waiting",)
    assert check(database, register, due=False) == ""


def test_a_vat_id_that_changed_meanwhile_is_not_judged_by_the_old_one(
    database: Database, owner: Owner, register: Register
) -> None:
    """The question is no longer wanted; the next one is about the new VAT id."""
    assert check(database, register, due=False) == "asked for 1 VAT ids"
    owner.execute(
        "update core.customers set vat_id = 'BE0123456789' where tenant_id = 101 and number = 'V1'"
    )
    check(database, register)
    assert register.questions == []
    register.answers = [(200, VALID)]
    check(database, register)
    assert register.questions[0][1]["vatNumber"] == "0123456789"


def test_a_register_that_is_away_is_asked_again(database: Database, owner: Owner) -> None:
    """Nobody listens."""
    with Register() as gone:
        url = gone.url
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        connection.execute("select jobs.check_vat_ids()")
        worker = Outbox(database.jobs_url, threading.Event(), VatDeliverer(url))
        assert worker._run_one(connection)
    assert state(owner) == ("unchecked", None, False)


def test_the_address_comes_from_the_environment() -> None:
    """Without one nobody is asked; plain HTTP is for this machine."""
    assert vat_deliverer_of({}) is None
    assert vat_deliverer_of({"VOLTARO_VIES_URL": "https://vies.example/rest-api"}) is not None
    with pytest.raises(JobsError):
        vat_deliverer_of({"VOLTARO_VIES_URL": "http://vies.example/rest-api"})

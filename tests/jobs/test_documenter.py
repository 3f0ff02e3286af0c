"""The jobs runner makes the documents of invoices: as a process, on a database."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import facturx
import psycopg
import pytest
from lxml import etree

from db.connection import connect
from jobs.documents.cii import figures_of_cii
from jobs.documents.ubl import figures_of_ubl
from tests.support.databases import Database
from tests.support.people import People
from tests.support.processes import running_jobs, running_postgrest, wait_until
from tests.support.verapdf import failures_of

Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner, with nothing to do yet."""
    with connect(database.owner_url, owner=True) as connection:
        connection.execute("delete from ops.documents_to_make where true")
        yield connection


@contextlib.contextmanager
def runner(database: Database, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A jobs runner."""
    with running_jobs(database.settings, log.parent, log=log, VOLTARO_FILES_PORT="0") as process:
        yield process


def finalise(owner: Owner, count: int) -> list[int]:
    """Invoices of greenway's persona account that are final, of two VAT rates each."""
    rows = owner.execute(
        "insert into core.invoices (tenant_id, legal_entity_id, account_id, kind, occasion,"
        " currency, payment_method, language)"
        " select 101, 1001, 1001, 'invoice', 'one_off', 'EUR', 'bank_transfer', 'de'"
        " from generate_series(1, %s) returning id",
        [count],
    ).fetchall()
    ids = [row[0] for row in rows]
    owner.execute(
        "insert into core.invoice_lines (tenant_id, invoice_id, line, account_id, kind,"
        " description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat)"
        " select 101, i, l, 1001, 'one_off', 'Card ' || l, l = 1, case l when 1 then 19 else 7 end,"
        " 9.99, 9.99 from unnest(%s::bigint[]) as i, generate_series(1, 3) as l",
        [ids],
    )
    owner.execute("select billing.compute_invoice(101, %s::bigint[])", [ids])
    row = owner.execute("select billing.finalise_invoices(101, %s::bigint[])", [ids]).fetchone()
    assert row is not None
    assert row[0] == ids, owner.execute("select problem from core.invoices").fetchall()
    return ids


def documents_of(owner: Owner, invoice_id: int) -> dict[str, bytes]:
    """The bytes by kind; each is what its hash says."""
    found = owner.execute(
        "select kind, content, sha256 from core.documents where invoice_id = %s", [invoice_id]
    ).fetchall()
    assert all(hashlib.sha256(content).hexdigest() == sha256 for _, content, sha256 in found)
    return {kind: content for kind, content, _ in found}


def waiting(owner: Owner) -> list[tuple[Any, ...]]:
    """What is still to be made."""
    return owner.execute(
        "select invoice_id, problem from ops.documents_to_make where parked_at is null"
    ).fetchall()


def is_begun(owner: Owner) -> bool:
    """Whether a runner has taken something, or everything is done."""
    taken = owner.execute("select from ops.documents_to_make where attempts > 0").fetchone()
    return taken is not None or not waiting(owner)


def test_a_final_invoice_gets_its_documents(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    """PDF/A-3 with the e-invoice in it, and UBL: they say what the invoice says."""
    (invoice_id,) = finalise(owner, 1)
    log = tmp_path / "jobs.log"
    with runner(database, log):
        wait_until(lambda: not waiting(owner), what="the documents")
    documents = documents_of(owner, invoice_id)
    assert set(documents) == {"invoice_pdf", "invoice_ubl"}, log.read_text()
    figures = figures_of_ubl(documents["invoice_ubl"])
    _, cii = facturx.get_xml_from_pdf(documents["invoice_pdf"], check_schematron=False)
    assert figures_of_cii(cii) == figures
    row = owner.execute(
        "select total_excl_vat, total_vat, total_incl_vat from core.invoices where id = %s",
        [invoice_id],
    ).fetchone()
    assert row == (figures.excl, figures.vat, figures.incl)
    path = tmp_path / "invoice.pdf"
    path.write_bytes(documents["invoice_pdf"])
    assert failures_of([path]) == []


def test_sessions_and_what_takes_them_back_are_documented(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    """An invoice of a charging session, and its credit note, made by the API."""
    row = owner.execute(
        "insert into core.invoices (tenant_id, legal_entity_id, account_id, kind, occasion,"
        " period_from, period_to, currency, payment_method, language) values (101, 1001, 1001,"
        " 'invoice', 'period', '2026-01-01', '2026-02-01', 'EUR', 'bank_transfer', 'nl')"
        " returning id"
    ).fetchone()
    assert row is not None
    (invoice_id,) = row
    owner.execute(
        "insert into core.invoice_lines (tenant_id, invoice_id, line, account_id, kind,"
        " transaction_id, rating_version, description, started_at, ended_at, includes_vat,"
        " vat_rate, amount_excl_vat, amount_incl_vat, rated_excl_vat)"
        " select 101, %s, 1, 1001, 'transaction', r.transaction_id, r.version, 'Laadsessie',"
        " r.started_at, r.ended_at, true, 21, 5, 5, 4.1322"
        " from core.ratings as r where r.tenant_id = 101 and r.transaction_id = 1001 limit 1",
        [invoice_id],
    )
    owner.execute("select billing.compute_invoice(101, array[%s::bigint])", [invoice_id])
    owner.execute("select billing.finalise_invoices(101, array[%s::bigint])", [invoice_id])
    papers = []
    with (
        running_postgrest(database.settings, tmp_path) as postgrest,
        People(postgrest.url) as people,
    ):
        admin = people["greenway.admin"]
        answer = admin.post(
            "/rpc/credit_invoice",
            json={"invoice": invoice_id, "reason": "charged twice", "amount": 2},
        )
        assert answer.status_code == 200, answer.text
        note_id = answer.json()[0]["id"]
        log = tmp_path / "jobs.log"
        with runner(database, log):
            wait_until(lambda: not waiting(owner), what="the documents")
        for document_of, kind in ((invoice_id, "Invoice"), (note_id, "CreditNote")):
            found = admin.get(f"/rpc/invoice_document?invoice={document_of}&kind=ubl")
            assert found.status_code == 200, log.read_text()
            root = etree.fromstring(found.content)
            assert etree.QName(root).localname == kind
            assert "Laadsessie" in [name.text for name in root.iter("{*}Name")]
            pdf = admin.get(f"/rpc/invoice_document?invoice={document_of}")
            path = tmp_path / f"{document_of}.pdf"
            path.write_bytes(pdf.content)
            papers.append(path)
    assert failures_of(papers) == []


def test_what_is_not_valid_is_parked_and_the_others_are_made(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    odd, good = finalise(owner, 2)
    # Nothing else makes an invoice whose seller is not known to a tax authority.
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("alter table core.invoices disable trigger invoices__keep_finalised")
        connection.execute(
            "update core.invoices"
            """ set seller = seller || '{"vat_id": null, "tax_number": null}' where id = %s""",
            [odd],
        )
    with runner(database, tmp_path / "jobs.log"):
        wait_until(lambda: not waiting(owner), what="the documents")
    assert len(documents_of(owner, good)) == 2
    assert documents_of(owner, odd) == {}
    rows = owner.execute("select invoice_id, problem from ops.documents_to_make").fetchall()
    assert [row[0] for row in rows] == [odd]
    assert "BR-S-02" in rows[0][1]


def test_two_runners_make_each_document_once(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    ids = finalise(owner, 25)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with runner(database, logs[0]), runner(database, logs[1]):
        wait_until(lambda: not waiting(owner), what="the documents", timeout_s=60)
    told = [line for log in logs for line in log.read_text().splitlines() if "stored" in line]
    assert len(told) == len(ids)
    for invoice_id in ids:
        assert len(documents_of(owner, invoice_id)) == 2


def test_what_a_killed_runner_took_is_made_by_the_next(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    owner.execute("update ops.settings set value = '1' where name = 'documents.take_s'")
    ids = finalise(owner, 25)
    for number in range(3):
        with runner(database, tmp_path / f"{number}.log") as process:
            wait_until(lambda: is_begun(owner), what="something is taken")
            process.kill()
    with runner(database, tmp_path / "last.log"):
        wait_until(lambda: not waiting(owner), what="the documents", timeout_s=60)
    assert [len(documents_of(owner, invoice_id)) for invoice_id in ids] == [2] * 25

"""Invoice numbers have no gap: not with many who finalise at once, nor when they are killed."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from db.connection import connect
from tests.support.databases import Database

Owner = psycopg.Connection[tuple[Any, ...]]
WORKER = "finalising"
"""The application name of the connections that are killed."""


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner; each statement is a transaction."""
    with connect(database.owner_url, owner=True) as connection:
        connection.autocommit = True
        yield connection


def _make_drafts(owner: Owner, count: int) -> list[int]:
    """Drafts of one line, half of them of a prepaid account with a wallet."""
    owner.execute(
        "select billing.post_journal(101, 1001, 'top_up', 'test', current_date, 'EUR', 'top up',"
        ' \'[{"ledger_account": "card_clearing", "amount": 500},'
        '   {"ledger_account": "wallets", "account_id": 1002, "amount": -500}]\')'
    )
    rows = owner.execute(
        "insert into core.invoices (tenant_id, legal_entity_id, account_id, kind, occasion,"
        " currency, payment_method, language)"
        " select 101, 1001, 1001 + n %% 2, 'invoice', 'one_off', 'EUR',"
        " case n %% 2 when 0 then 'bank_transfer' else 'wallet' end, 'en'"
        " from generate_series(1, %s) as n returning id",
        (count,),
    ).fetchall()
    ids = [row[0] for row in rows]
    owner.execute(
        "insert into core.invoice_lines (tenant_id, invoice_id, line, account_id, kind,"
        " description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat)"
        " select i.tenant_id, i.id, 1, i.account_id, 'one_off', 'Card', false, 19, 10, 10"
        " from core.invoices as i where i.id = any(%s)",
        (ids,),
    )
    owner.execute("select billing.compute_invoice(101, %s)", (ids,))
    return ids


def _finalise(database: Database, ids: list[int]) -> None:
    with connect(database.owner_url, owner=True) as connection:
        connection.execute(f"set application_name = '{WORKER}'")
        connection.commit()
        connection.execute("select billing.finalise_invoices(101, %s)", (ids,))
        connection.commit()


def _assert_books_are_whole(owner: Owner, ids: list[int]) -> None:
    numbers = owner.execute(
        "select i.number_in_year from core.invoices as i"
        " where i.tenant_id = 101 and i.kind = 'invoice' and i.state = 'finalised' order by 1"
    ).fetchall()
    # One more is the personas'.
    assert [number for (number,) in numbers] == list(range(1, len(ids) + 2))
    (counter,) = owner.execute(
        "select last_number from core.number_counters"
        " where tenant_id = 101 and legal_entity_id = 1001 and kind = 'invoice'"
    ).fetchall()
    assert counter == (len(ids) + 1,)
    (journals,) = owner.execute(
        "select count(*), sum((select sum(e.amount) from core.ledger_entries as e"
        " where e.tenant_id = j.tenant_id and e.journal_id = j.id)) from core.journals as j"
        " where j.tenant_id = 101 and j.kind = 'invoice' and j.source_key <> '1001'"
    ).fetchall()
    assert journals == (len(ids), 0)
    (events,) = owner.execute(
        "select count(*), count(distinct e.object_id) from core.events as e"
        " where e.type = 'invoice.finalised' and e.object_id = any(%s)",
        (ids,),
    ).fetchall()
    assert events == (len(ids), len(ids))
    (books,) = owner.execute(
        "select (select sum(e.amount) from core.ledger_entries as e where e.tenant_id = 101"
        " and e.ledger_account = 'receivables'),"
        " (select sum(o.open_amount) from billing.open_items as o where o.tenant_id = 101),"
        " (select sum(e.amount) from core.ledger_entries as e where e.tenant_id = 101"
        " and e.ledger_account = 'wallets')"
    ).fetchall()
    assert books[0] == books[1]
    assert books[2] <= 0


def test_numbers_have_no_gap_under_concurrency(database: Database, owner: Owner) -> None:
    """Four at once, with batches that overlap: each draft is numbered once."""
    ids = _make_drafts(owner, 120)
    batches = []
    for seed in range(4):
        shuffled = random.Random(seed).sample(ids, len(ids))
        batches += [shuffled[start : start + 15] for start in range(0, len(ids), 15)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: _finalise(database, batch), batches))
    _assert_books_are_whole(owner, ids)


def test_numbers_have_no_gap_when_killed(database: Database, owner: Owner) -> None:
    """Backends are killed at ten random points; those who come again finish the work."""
    ids = _make_drafts(owner, 200)
    done = threading.Event()
    killed = 0
    chance = random.Random(7)

    def work(seed: int) -> None:
        order = random.Random(seed).sample(ids, len(ids))
        while not done.is_set():
            for start in range(0, len(order), 4):
                if done.is_set():
                    return
                with contextlib.suppress(psycopg.OperationalError):
                    _finalise(database, order[start : start + 4])

    with (
        ThreadPoolExecutor(3) as pool,
        psycopg.connect(database.superuser_url, autocommit=True) as superuser,
    ):
        workers = [pool.submit(work, seed) for seed in range(3)]
        deadline = time.monotonic() + 60
        while killed < 10 and time.monotonic() < deadline:
            time.sleep(chance.random() / 50)
            row = superuser.execute(
                "select pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity as a"
                " where a.datname = current_database() and a.application_name = %s"
                " and a.state = 'active' order by random() limit 1",
                (WORKER,),
            ).fetchone()
            killed += row is not None
        done.set()
        for worker in workers:
            worker.result()
    assert killed == 10
    _finalise(database, ids)
    _assert_books_are_whole(owner, ids)

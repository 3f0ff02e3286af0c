"""A billing run that several share, and one that is killed again and again."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import psycopg
import pytest

from tests.support.billing import MONTH, add_charges, add_fleet, read_books, read_invoices
from tests.support.databases import Database

TENANT = 101
ACCOUNTS = 120
BATCH = 4
KILLS = 10


@pytest.fixture
def connection(database: Database) -> Any:
    """The owner's connection to a tenant with 120 accounts, 600 transactions and some of others."""
    with psycopg.connect(database.owner_url, autocommit=True) as opened:
        with opened.transaction():
            fleet = add_fleet(
                opened, tenant_id=TENANT, legal_entity_id=1001, first=5001, count=ACCOUNTS
            )
            add_charges(opened, fleet, first=500_001, each=5)
        yield opened


def bill(database: Database, *, batch: int = BATCH) -> None:
    """Go on with the run until no account waits, each step committed."""
    with psycopg.connect(database.owner_url, autocommit=True) as runner:
        waiting = 1
        while waiting > 0:
            row = runner.execute(
                "select accounts_waiting from billing.run(%s, %s, null, %s)",
                [TENANT, MONTH, batch],
            ).fetchone()
            assert row is not None
            waiting = row[0]


def read_all(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """Finalise what the run made, post it, and return invoices, books and the run's own report."""
    connection.execute(
        "select billing.finalise_invoices(%s, array(select id from core.invoices"
        " where tenant_id = %s and state = 'draft' order by account_id, kind))",
        [TENANT, TENANT],
    )
    while connection.execute("select jobs.post_ratings()").fetchone() != ("",):
        pass
    report = connection.execute(
        "select a.account_id, a.outcome, a.reason, a.transactions, a.transactions_held"
        " from core.billing_run_accounts as a"
        " join core.billing_runs as r on r.tenant_id = a.tenant_id and r.id = a.billing_run_id"
        " where r.tenant_id = %s and r.period_from = %s and r.state = 'done' order by 1",
        [TENANT, MONTH],
    ).fetchall()
    return read_invoices(connection, TENANT), read_books(connection, TENANT), report


def undo(connection: psycopg.Connection[Any]) -> None:
    """Take back what was read: the same database serves for both runs."""
    connection.execute("rollback")


def test_a_run_killed_at_ten_random_points_ends_like_one_that_was_not(
    database: Database, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("begin")
    began = time.perf_counter()
    connection.execute("select billing.run(%s, %s)", [TENANT, MONTH])
    elapsed_s = time.perf_counter() - began
    expected = read_all(connection)
    undo(connection)
    assert len(expected[0]) > ACCOUNTS

    chance = random.Random(20260221)
    lost: list[Exception] = []

    def run() -> None:
        try:
            bill(database)
        except psycopg.OperationalError as error:
            lost.append(error)

    waiting = True
    while waiting and len(lost) < KILLS:
        runner = threading.Thread(target=run)
        runner.start()
        others = (
            " from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        # A kill before it is there would let it run to its end.
        while (
            runner.is_alive()
            and not connection.execute(
                f"select 1{others} and query like %s", ["%accounts_waiting%"]
            ).fetchone()
        ):
            pass
        # So short that the run has the most of it before it after the last one.
        time.sleep(chance.uniform(0, elapsed_s / KILLS))
        connection.execute(f"select pg_terminate_backend(pid){others}")
        runner.join()
        waiting = (
            connection.execute(
                "select 1 from core.billing_runs where tenant_id = %s and state = 'done'"
                " and period_from = %s",
                [TENANT, MONTH],
            ).fetchone()
            is None
        )
    assert len(lost) == KILLS
    bill(database)
    assert read_all(connection) == expected


def test_runners_share_a_run_and_bill_every_account_once(
    database: Database, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("begin")
    connection.execute("select billing.run(%s, %s)", [TENANT, MONTH])
    expected = read_all(connection)
    undo(connection)

    failures: list[BaseException] = []

    def run() -> None:
        try:
            bill(database, batch=3)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    runners = [threading.Thread(target=run) for _ in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert failures == []
    assert read_all(connection) == expected


def test_progress_is_visible_while_it_runs(connection: psycopg.Connection[Any]) -> None:
    figures = []
    for _ in range(3):
        connection.execute("select billing.run(%s, %s, null, 30)", [TENANT, MONTH])
        figures.append(
            connection.execute(
                "select state, accounts - accounts_waiting, invoices > 0 from api.billing_runs"
                " where tenant_id = %s and period_from = %s",
                [TENANT, MONTH],
            ).fetchone()
        )
    assert figures == [("running", 30, True), ("running", 60, True), ("running", 90, True)]


def test_an_account_that_fails_keeps_nobody_else_waiting(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute(
        "alter table core.invoices add constraint test_check check (account_id <> 5003)"
    )
    connection.execute("select billing.open_run(%s, %s, null)", [TENANT, MONTH])
    details = []
    while (row := connection.execute("select jobs.run_billing()").fetchone()) != ("",):
        assert row is not None
        details.append(row[0])
    assert [detail for detail in details if "failed on 1" in detail] != []
    outcomes = connection.execute(
        "select outcome, reason, count(*) from core.billing_run_accounts as a"
        " join core.billing_runs as r on r.tenant_id = a.tenant_id and r.id = a.billing_run_id"
        " where r.tenant_id = %s and r.period_from = %s and account_id >= 5001"
        " group by outcome, reason order by 1",
        [TENANT, MONTH],
    ).fetchall()
    payers = sum(n % 7 != 0 or n == 5001 for n in range(5001, 5001 + ACCOUNTS))
    assert outcomes == [("billed", None, payers - 1), ("held", "billing_failed", 1)]

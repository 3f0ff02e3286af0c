"""Posting a few transactions reads what is theirs, however much else a tenant has."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.support.billing import add_charges, add_fleet
from tests.support.databases import Database

TENANT = 101
COUNT = 4_000
FEW = 50


def test_the_cost_of_a_batch_does_not_grow_with_the_books(database: Database) -> None:
    """In a new installation too, whose tables have no statistics yet."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("select setval('core.contracts_id_seq', 100000)")
        fleet = add_fleet(
            connection, tenant_id=TENANT, legal_entity_id=1001, first=5001, count=COUNT
        )
        add_charges(connection, fleet, first=500_001, each=1)
        assert post(connection, COUNT) > COUNT * 0.9
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute(
            "delete from pg_statistic where starelid in"
            " (select oid from pg_class where relnamespace = 'core'::regnamespace)"
        )
        connection.execute(
            "update pg_class set reltuples = -1, relpages = 0"
            " where relnamespace = 'core'::regnamespace and relkind in ('r', 'i')"
        )
    # What a session did before counts with what it does now.
    with psycopg.connect(database.owner_url) as connection:
        assert post(connection, FEW) == 0
        read = connection.execute(
            "select relname::text, idx_tup_fetch + seq_tup_read"
            " from pg_stat_xact_user_tables where schemaname = 'core' and relname in"
            " ('accounts', 'contracts', 'invoices', 'invoice_lines', 'journals',"
            "  'ledger_entries', 'ratings', 'sessions', 'transactions')"
        ).fetchall()
    assert {table: rows for table, rows in read if rows > FEW * 4} == {}


def post(connection: psycopg.Connection[Any], count: int) -> int:
    """Post the first ones; returns how many journals that took."""
    row = connection.execute(
        "select billing.post_transactions(array_agg(tenant_id), array_agg(id))"
        " from core.transactions where tenant_id = %s and id between 500001 and %s",
        [TENANT, 500_000 + count],
    ).fetchone()
    assert row is not None
    return int(row[0])

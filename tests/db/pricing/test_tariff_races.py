"""Two people put the same tariff at once: one after the other, and no version over another."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.processes import wait_until


def tariff(price: float) -> str:
    """A tariff of one price."""
    component = {"type": "ENERGY", "price": price, "vat": 19, "step_size": 1}
    return json.dumps(
        {"id": "RACE", "currency": "EUR", "elements": [{"price_components": [component]}]}
    )


def put(connection: psycopg.Connection, price: float) -> None:
    """Put the tariff as greenway's operator, leaving the transaction open."""
    connection.execute("select tests.act_as('greenway.operator')")
    connection.execute("select api.put_tariff(%s::jsonb)", [tariff(price)])


@pytest.mark.parametrize("is_new", [True, False])
def test_versions_of_one_tariff_are_put_one_after_the_other(
    database: Database, is_new: bool
) -> None:
    """Whether the tariff is there or both would make it."""
    with (
        psycopg.connect(database.superuser_url) as first,
        psycopg.connect(database.superuser_url) as second,
        psycopg.connect(database.superuser_url, autocommit=True) as watcher,
        ThreadPoolExecutor(1) as pool,
    ):
        if not is_new:
            put(first, 0.1)
            first.commit()
        put(first, 0.2)
        waiting = pool.submit(put, second, 0.3)
        wait_until(
            lambda: (
                watcher.execute(
                    "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
                    [second.info.backend_pid],
                ).fetchone()
                is not None
            ),
            what="the second to wait for the first",
        )
        first.commit()
        waiting.result(timeout=30)
        second.commit()
        versions = watcher.execute(
            "select v.version_no, upper(v.valid) = lead(lower(v.valid)) over w, upper(v.valid)"
            " from core.tariff_versions as v"
            " join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id"
            " where t.tariff_id = 'RACE' window w as (order by v.valid) order by v.valid"
        ).fetchall()
        count = 2 if is_new else 3
        assert [number for number, _, _ in versions] == list(range(1, count + 1))
        assert [meets for _, meets, _ in versions] == [True] * (count - 1) + [None]
        assert versions[-1][2] is None

"""Two at once: a place and its people have one tariff, and a start gets one, at any moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg
import pytest

from tests.support.databases import Database
from tests.support.processes import wait_until

ASSIGN: LiteralString = (
    "insert into core.tariff_assignments (tenant_id, tariff_id, priority)"
    " select t.tenant_id, t.id, 77 from core.tariffs as t where t.tariff_id = %s"
)
START: LiteralString = (
    "insert into core.sessions (tenant_id, charge_point_id, evse_id, protocol, transaction_id,"
    " start_key, state, started_at)"
    " values (101, 1001, 1001, 'ocpp1.6', '4711', '4711', 'active', now()) returning id"
)


def _wait_until_it_waits(
    watcher: psycopg.Connection[tuple[Any, ...]], waiting: psycopg.Connection[tuple[Any, ...]]
) -> None:
    def is_waiting() -> bool:
        row = watcher.execute(
            "select cardinality(pg_blocking_pids(%s)) > 0", [waiting.info.backend_pid]
        ).fetchone()
        return row is not None and bool(row[0])

    wait_until(is_waiting, what="the second transaction waits for the first")


@pytest.mark.parametrize("gives_up", [False, True], ids=["first_stays", "first_gives_up"])
def test_the_second_of_two_assignments_waits_for_the_first(
    database: Database, gives_up: bool
) -> None:
    """It is refused with 409, or goes in when the first gives up; the constraint never speaks."""
    with (
        psycopg.connect(database.owner_url) as first,
        psycopg.connect(database.owner_url) as second,
        psycopg.connect(database.owner_url, autocommit=True) as watcher,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        watcher.execute(
            "insert into core.tariffs (tenant_id, tariff_id, name)"
            " values (101, 'RACE-1', 'One'), (101, 'RACE-2', 'Two')"
        )
        first.execute(ASSIGN, ["RACE-1"])
        waiting = pool.submit(second.execute, ASSIGN, ["RACE-2"])

        _wait_until_it_waits(watcher, second)
        if gives_up:
            first.rollback()
            assert waiting.result(timeout=20).rowcount == 1
        else:
            first.commit()
            with pytest.raises(psycopg.Error) as raised:
                waiting.result(timeout=20)
            assert raised.value.sqlstate == "PT409"


def test_a_start_outlives_the_end_of_its_assignment(database: Database) -> None:
    """A start that meets an assignment being deleted waits and takes the next one."""
    with (
        psycopg.connect(database.owner_url) as operator,
        psycopg.connect(database.owner_url) as charger,
        psycopg.connect(database.owner_url, autocommit=True) as watcher,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        watcher.execute(
            "insert into core.tariff_assignments (tenant_id, tariff_id, evse_id)"
            " values (101, 1001, 1001)"
        )
        operator.execute("delete from core.tariff_assignments where evse_id = 1001")
        waiting = pool.submit(charger.execute, START)
        _wait_until_it_waits(watcher, charger)
        operator.commit()
        (session_id,) = waiting.result(timeout=20).fetchone() or (None,)
        charger.commit()
        chosen = watcher.execute(
            "select c.place from core.session_tariffs as c where c.session_id = %s", [session_id]
        ).fetchone()
        assert chosen == ("tenant",)

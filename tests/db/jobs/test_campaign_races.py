"""Campaigns whose job is killed, or run by two at once: nobody is sent to twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """A superuser's connection, with twelve charge points in a campaign of waves of four."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into core.charge_points (tenant_id, identity)"
            " select 101, 'RACE-' || n from generate_series(1, 12) as n"
        )
        connection.execute(
            "with made as ("
            " insert into core.campaigns (tenant_id, name, action, payload, wave_size,"
            " wave_interval) values (101, 'Race', 'ClearCache', '{}', 4, '0') returning *)"
            " insert into core.campaign_members (tenant_id, campaign_id, charge_point_id)"
            " select m.tenant_id, m.id, c.id from made as m, core.charge_points as c"
            " where c.identity like 'RACE-%'"
        )
        yield connection


def commands(owner: Connection) -> list[tuple[Any, ...]]:
    """Charge point and number of commands, where there are any."""
    return owner.execute(
        "select charge_point_id, count(*) from ops.commands where requested_via = 'campaign'"
        " group by 1 order by 1"
    ).fetchall()


def finish(owner: Connection) -> None:
    """Let every charger that was asked say yes."""
    owner.execute(
        "update ops.commands set state = 'accepted', sent_at = now(), connection_id = 1001,"
        " finished_at = now() where requested_via = 'campaign' and state = 'queued'"
    )


def test_a_killed_run_is_as_if_it_had_not_been(database: Database, owner: Connection) -> None:
    for wave in range(3):
        doomed = psycopg.connect(database.jobs_url)
        doomed.execute("select jobs.run_campaigns()")
        owner.execute("select pg_terminate_backend(%s, 10000)", [doomed.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            doomed.commit()
        doomed.close()
        assert len(commands(owner)) == 4 * wave

        with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
            for _ in range(3):
                jobs.execute("select jobs.run_campaigns()")
        found = commands(owner)
        assert len(found) == 4 * (wave + 1)
        assert {count for _, count in found} == {1}
        finish(owner)

    with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
        jobs.execute("select jobs.run_campaigns()")
    row = owner.execute("select state from core.campaigns where name = 'Race'").fetchone()
    assert row == ("done",)


def test_two_runners_at_once_send_each_command_once(database: Database, owner: Connection) -> None:
    start = threading.Barrier(3)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
                start.wait(10)
                for _ in range(10):
                    jobs.execute("select jobs.run_campaigns()")
        except BaseException as error:  # noqa: BLE001 - the test's own thread reports it
            failures.append(error)

    runners = [threading.Thread(target=run) for _ in range(2)]
    for runner in runners:
        runner.start()
    start.wait(10)
    for _ in range(20):
        finish(owner)
    for runner in runners:
        runner.join(30)
    assert failures == []
    assert {count for _, count in commands(owner)} == {1}


def test_a_wave_of_thousands_begins_at_once(database: Database, owner: Connection) -> None:
    """Members that were just made, of which the planner knows nothing, take no minute."""
    owner.execute(
        "insert into core.charge_points (tenant_id, id, identity) overriding system value"
        " select 101, 10000 + n, 'MANY-' || n from generate_series(1, 5000) as n"
    )
    owner.execute(
        "with made as ("
        " insert into core.campaigns (tenant_id, name, action, payload, wave_size, wave_interval)"
        " values (101, 'Many', 'ClearCache', '{}', 10000, '0') returning *)"
        " insert into core.campaign_members (tenant_id, campaign_id, charge_point_id)"
        " select m.tenant_id, m.id, c.id from made as m, core.charge_points as c"
        " where c.identity like 'MANY-%'"
    )
    with psycopg.connect(database.jobs_url, autocommit=True) as jobs:
        jobs.execute("set statement_timeout = '5s'")
        jobs.execute("select jobs.run_campaigns()")
    row = owner.execute(
        "select count(*) from core.campaign_members as m"
        " join core.campaigns as c using (tenant_id)"
        " where c.id = m.campaign_id and c.name = 'Many' and m.wave_no = 1"
    ).fetchone()
    assert row == (5000,)

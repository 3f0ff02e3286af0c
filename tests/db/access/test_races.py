"""What two people do at the same time: the rules hold as if one had come after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.support.databases import Database


def _at_once(database: Database, calls: list[tuple[str, str]]) -> list[str]:
    """Run each call as its persona, in transactions that are all open before any commits.

    Returns `ok` or the SQLSTATE of each.
    """
    barrier = threading.Barrier(len(calls))

    def run(persona: str, call: str) -> str:
        with psycopg.connect(database.superuser_url) as connection:
            connection.execute("select tests.act_as(%s)", [persona])
            barrier.wait(20)
            try:
                connection.execute(call.encode())
                connection.commit()
            except psycopg.Error as error:
                return str(error.sqlstate)
            return "ok"

    with ThreadPoolExecutor(len(calls)) as pool:
        jobs: list[Callable[[], str]] = [
            pool.submit(run, persona, call).result for persona, call in calls
        ]
        return [job() for job in jobs]


def test_the_last_two_platform_admins_cannot_both_go(database: Database) -> None:
    """Each closes the tenant of the other: whoever comes second is refused."""
    outcomes = _at_once(
        database,
        [
            (
                "greenway.platform_admin",
                "update api.tenants set is_active = false where id = 102",
            ),
            (
                "bluecharge.platform_admin",
                "update api.tenants set is_active = false where id = 101",
            ),
        ],
    )
    assert sorted(outcomes) == ["PT409", "ok"]


def test_two_admins_cannot_demote_each_other(database: Database) -> None:
    """bluecharge has two admins: whoever comes second is refused, one admin stays."""
    with psycopg.connect(database.superuser_url) as connection:
        people: dict[str, object] = dict(
            connection.execute(
                "select name, user_id from tests.personas where name like 'bluecharge.%'"
            ).fetchall()
        )
    outcomes = _at_once(
        database,
        [
            (
                "bluecharge.admin",
                f"select api.set_user_role('{people['bluecharge.both']}', 'operator')",
            ),
            (
                "bluecharge.both",
                f"select api.set_user_role('{people['bluecharge.admin']}', 'operator')",
            ),
        ],
    )
    # The loser finds itself without the permission, or is told that it was the last one.
    assert outcomes.count("ok") == 1, outcomes
    with psycopg.connect(database.superuser_url) as connection:
        admins = connection.execute(
            "select count(*) from core.memberships as m"
            " join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id"
            " where m.tenant_id = 102 and r.name = 'admin' and m.is_active"
        ).fetchone()
    assert admins == (1,)


def test_one_address_invited_many_times_at_once_is_one_person(database: Database) -> None:
    """Six invitations of a new address: one person, one membership, no server error."""
    outcomes = _at_once(
        database,
        [("greenway.admin", "select api.invite_user('new@example.org', 'support')")] * 6,
    )
    assert set(outcomes) <= {"ok", "PT429", "23505"}, outcomes
    assert "ok" in outcomes
    with psycopg.connect(database.superuser_url) as connection:
        people = connection.execute(
            "select count(*), count(distinct u.id) from core.users as u"
            " join core.memberships as m on m.user_id = u.id where u.email = 'new@example.org'"
        ).fetchone()
    assert people == (1, 1)


def test_one_address_signing_up_many_times_at_once_is_one_person(database: Database) -> None:
    """Six sign-ups of a new address look alike and make one customer."""
    call = "select api.sign_up('greenway', 'new@example.org', 'another-horse-8')"
    assert set(_at_once(database, [("greenway.customer", call)] * 6)) == {"ok"}
    with psycopg.connect(database.superuser_url) as connection:
        people = connection.execute(
            "select count(*) from core.users as u"
            " join core.memberships as m on m.user_id = u.id where u.email = 'new@example.org'"
        ).fetchone()
    assert people == (1,)


def test_a_held_attempt_answers_others_soon_and_no_login_can_hold_one(database: Database) -> None:
    """The row of an attempt is locked: who waits is told to come again, and a key of a database
    login on the same name holds nobody up.
    """
    call = "select wait_s from access.try_password('held@example.org', 'guess')"
    with (
        psycopg.connect(database.superuser_url) as holder,
        psycopg.connect(database.superuser_url, autocommit=True) as waiter,
    ):
        holder.execute(
            "select pg_advisory_lock(hashtextextended('access.try_password held@example.org', 0))"
        )
        assert waiter.execute(call.encode()).fetchone() == (None,)
        assert holder.execute(call.encode()).fetchone() == (None,)
        assert waiter.execute(call.encode()).fetchone() == (1,)
        holder.commit()
        assert waiter.execute(call.encode()).fetchone() == (None,)
        failures = waiter.execute("select max(failures) from ops.login_attempts").fetchall()
        assert failures == [(3,)]

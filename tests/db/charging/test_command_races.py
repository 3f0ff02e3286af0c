"""Two starts at one moment and one remote start: it is one session's. And a driver in a hurry."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.support.databases import Database

Connection = psycopg.Connection[tuple[Any, ...]]


def start(connection: Connection, connector_id: int, at: str) -> int | None:
    """Begin a session; return the command that it is tied to."""
    connection.execute("set local role voltaro_owner")
    payload = {"connectorId": connector_id, "idTag": "RACE", "meterStart": 5, "timestamp": at}
    connection.execute("select tests.call('StartTransaction', %s, 1002)", (Jsonb(payload),))
    row = connection.execute(
        "select s.command_id from core.sessions as s where s.tenant_id = 101"
        " and s.charge_point_id = 1002 and s.id_token = 'RACE' order by s.id desc limit 1"
    ).fetchone()
    assert row is not None
    command_id: int | None = row[0]
    return command_id


def remote_start(database: Database) -> int:
    """A remote start that named no connector and was just sent; its id."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        row = connection.execute(
            "insert into ops.commands (tenant_id, charge_point_id, ocpp_version, action, payload,"
            " state, is_kept, expires_at, requested_via, sent_at, connection_id)"
            " values (101, 1002, '1.6', 'RemoteStartTransaction', '{\"idTag\": \"RACE\"}',"
            " 'sent', false, now(), 'api', now(), 1001) returning id"
        ).fetchone()
        assert row is not None
        return int(row[0])


def test_of_two_starts_one_gets_the_command(database: Database) -> None:
    """The second waits for the first and then finds the command taken."""
    command_id = remote_start(database)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: list[int | None] = []
    with (
        psycopg.connect(database.owner_url) as first,
        psycopg.connect(database.owner_url) as second,
    ):
        assert start(first, 3, at) == command_id
        waiter = threading.Thread(target=lambda: found.append(start(second, 4, at)))
        waiter.start()
        waiter.join(0.3)
        assert waiter.is_alive(), "the second start waits for the command"
        first.commit()
        waiter.join(10)
        assert found == [None]


def test_a_start_that_comes_over_two_sockets_keeps_its_command(database: Database) -> None:
    """The same start twice at one moment: one session, tied once."""
    command_id = remote_start(database)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: list[int | None] = []
    with (
        psycopg.connect(database.owner_url) as first,
        psycopg.connect(database.owner_url) as second,
    ):
        assert start(first, 3, at) == command_id
        waiter = threading.Thread(target=lambda: found.append(start(second, 3, at)))
        waiter.start()
        waiter.join(0.3)
        first.commit()
        waiter.join(10)
        assert found == [command_id]


def test_of_two_requests_of_a_driver_one_is_queued(database: Database) -> None:
    """The second waits for the first and then finds its command."""
    refused: list[str] = []

    def ask(connection: Connection) -> None:
        connection.execute("select tests.act_as('greenway.driver2')")
        connection.execute("select api.remote_start_transaction(evse_id => 'DE*GRW*E1001*1')")

    def ask_again(connection: Connection) -> None:
        try:
            ask(connection)
        except psycopg.Error as error:
            refused.append(error.diag.message_detail or "")

    with (
        psycopg.connect(database.superuser_url) as first,
        psycopg.connect(database.superuser_url) as second,
    ):
        ask(first)
        waiter = threading.Thread(target=ask_again, args=[second])
        waiter.start()
        waiter.join(0.5)
        assert waiter.is_alive()
        first.commit()
        waiter.join(20)
        assert refused == ['{"error":"command_pending"}']

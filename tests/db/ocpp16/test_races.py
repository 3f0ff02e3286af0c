"""The same message over two sockets at one moment: one session, one answer."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from tests.support.databases import Database


def at_once(database: Database, action: str, payload: dict[str, object]) -> list[object]:
    """Call a handler in two transactions, of which the first waits for the second to begin."""
    replies: list[object] = []

    def call(connection: psycopg.Connection[tuple[object, ...]]) -> object:
        connection.execute("set local role voltaro_owner")
        row = connection.execute("select tests.call(%s, %s)", (action, Jsonb(payload))).fetchone()
        assert row is not None
        return row[0]

    with (
        psycopg.connect(database.owner_url) as first,
        psycopg.connect(database.owner_url) as second,
    ):
        replies.append(call(first))
        waiter = threading.Thread(target=lambda: replies.append(call(second)))
        waiter.start()
        waiter.join(0.3)
        first.commit()
        waiter.join(10)
        assert not waiter.is_alive()
    return replies


def sessions(database: Database, id_token: str) -> list[tuple[object, ...]]:
    """State and energy of the sessions of a token."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        return connection.execute(
            "select state::text, energy_wh::int from core.sessions where id_token = %s",
            (id_token,),
        ).fetchall()


def test_one_start(database: Database) -> None:
    """Decision 6: idempotency is a constraint in the database."""
    at = (datetime.now(UTC) - timedelta(hours=1, minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload: dict[str, object] = {
        "connectorId": 4, "idTag": "TWICE", "meterStart": 100, "timestamp": at,
    }  # fmt: skip
    one, two = at_once(database, "StartTransaction", payload)
    assert one == two
    assert sessions(database, "TWICE") == [("active", 0)]


def test_one_orphan(database: Database) -> None:
    """A stop of an unknown transaction makes one session."""
    at = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload: dict[str, object] = {
        "transactionId": 0, "idTag": "TWICE", "meterStop": 100, "timestamp": at,
    }  # fmt: skip
    one, two = at_once(database, "StopTransaction", payload)
    assert one == two
    assert sessions(database, "TWICE") == [("ended", None)]


def test_one_connector(database: Database) -> None:
    """Quirk 61: a burst of first contacts makes each connector once."""
    payload: dict[str, object] = {"connectorId": 6, "status": "Available", "errorCode": "NoError"}
    assert at_once(database, "StatusNotification", payload) == [{}, {}]
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("set local role voltaro_owner")
        rows = connection.execute(
            "select count(*) from core.connectors"
            " where charge_point_id = 1001 and ocpp16_connector_id = 6"
        ).fetchall()
    assert rows == [(1,)]

"""Batches of different chargers show the same unknown tokens in any order: none waits."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

_RECORD = "select charging.record_unknown_id_token(101, 1001, %s)"
_ENTRIES = (
    "select id_token, attempts from core.unknown_id_tokens"
    " where tenant_id = 101 and id_token like 'RACE%' order by 1"
)


def own(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a transaction as the owner that does not wait for locks."""
    connection = psycopg.connect(url)
    connection.execute("set local role voltaro_owner")
    connection.execute("set local lock_timeout = '200ms'")
    return connection


@pytest.mark.parametrize("is_known", [False, True])
def test_tokens_in_opposite_orders_do_not_deadlock(database: Database, is_known: bool) -> None:
    """Each token is noted by whoever came first; the other one goes on at once."""
    if is_known:
        with own(database.owner_url) as before:
            before.execute(_RECORD, ["RACE1"])
            before.execute(_RECORD, ["RACE2"])
    with own(database.owner_url) as first, own(database.owner_url) as second:
        first.execute(_RECORD, ["RACE1"])
        second.execute(_RECORD, ["RACE2"])
        first.execute(_RECORD, ["RACE2"])
        second.execute(_RECORD, ["RACE1"])
    with own(database.owner_url) as after:
        count = 2 if is_known else 1
        assert after.execute(_ENTRIES).fetchall() == [("RACE1", count), ("RACE2", count)]


def test_batches_of_two_chargers_authorize_them_in_opposite_orders(database: Database) -> None:
    """The whole way of an Authorize waits for no other charger's."""
    call = (
        "select reply from ocpp.handle_calls(array[%s::bigint], array['m'], array['Authorize'],"
        " array[jsonb_build_object('idTag', %s::text)::text], array[null::text], array[now()])"
    )
    with own(database.owner_url) as first, own(database.owner_url) as second:
        replies = [
            connection.execute(call, [connection_id, token]).fetchone()
            for connection, connection_id, token in [
                (first, 1001, "RACE1"), (second, 2001, "RACE1"), (second, 1001, "RACE2"),
                (first, 1001, "RACE2"), (second, 1001, "RACE1"),
            ]
        ]  # fmt: skip
    assert replies == [('{"idTagInfo":{"status":"Invalid"}}',)] * 5
    with own(database.owner_url) as after:
        assert after.execute(_ENTRIES).fetchall() == [("RACE1", 1), ("RACE2", 1)]

"""Handlers of a test's own, in its own database: they wait, fail or conflict when asked to.

The bridge knows no message by name, so any handler will do to see what it makes of what a
database can do to a batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.bridge.chargers import superuser
from tests.support.databases import Database

__all__ = [
    "AT_GATE",
    "GATE",
    "HEARTBEAT",
    "closed_gate",
    "replace_batch_function",
    "replace_handler",
]

GATE = 4711
"""An advisory lock that a handler can wait for."""

AT_GATE = f"perform pg_advisory_xact_lock({GATE});"
"""What a body says to wait for it."""

HEARTBEAT = 'return \'{"currentTime":"2026-01-01T00:00:00Z"}\';'
"""A body that answers any Heartbeat."""


def replace_handler(database: Database, name: str, body: str) -> None:
    """Make `ocpp16.<name>` run a PL/pgSQL body."""
    with superuser(database) as connection:
        connection.execute(
            f"create or replace function ocpp16.{name}(p_call ops.ocpp_call, p_payload jsonb)"
            f" returns jsonb language plpgsql as $$ begin {body} end $$"
        )


def replace_batch_function(database: Database, body: str) -> None:
    """Keep ocpp.handle_calls as ocpp.real_handle_calls and put a PL/pgSQL body in front of it."""
    arguments = (
        "p_connection_ids bigint[], p_message_ids text[], p_actions text[], p_payloads text[],"
        " p_violations text[], p_received_at timestamptz[]"
    )
    with superuser(database) as connection:
        connection.execute("alter function ocpp.handle_calls rename to real_handle_calls")
        connection.execute(
            f"create function ocpp.handle_calls({arguments})"  # noqa: S608 - the test's own words
            " returns table (ordinal integer, reply text, error_code text, error_description text)"
            f" language plpgsql security definer as $$ begin {body}"
            " return query select * from ocpp.real_handle_calls(p_connection_ids, p_message_ids,"
            " p_actions, p_payloads, p_violations, p_received_at); end $$"
        )


@contextlib.contextmanager
def closed_gate(database: Database) -> Iterator[None]:
    """While this lasts, handlers that take the gate's lock wait."""
    with superuser(database) as connection:
        connection.execute("select pg_advisory_lock(%s)", [GATE])
        yield

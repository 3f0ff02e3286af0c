"""Commands of tests: queued as the API queues them, looked at as the table has them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.bridge.chargers import Charger, superuser
from tests.support.databases import Database
from tests.support.processes import wait_until

__all__ = ["Row", "await_state", "command", "queue", "queue_silently", "serve", "state_of"]

TRIGGER: dict[str, Any] = {"requestedMessage": "Heartbeat"}


@dataclass(frozen=True, slots=True)
class Row:
    """What a test wants to know of a command."""

    state: str
    message_id: str
    result: Any
    error_code: str | None
    error_description: str | None
    violations: Any


def queue(
    database: Database,
    identity: str,
    action: str = "TriggerMessage",
    payload: dict[str, Any] | None = None,
    *,
    is_kept: bool = True,
) -> int:
    """Queue a command with its bell; returns its id."""
    with superuser(database) as connection:
        row = connection.execute(
            "select (fleet.queue_command(cp, %s, %s, %s)).id"
            " from core.charge_points as cp where cp.identity = %s",
            [action, json.dumps(TRIGGER if payload is None else payload), is_kept, identity],
        ).fetchone()
    assert row is not None
    return int(row[0])


def queue_silently(
    database: Database,
    identity: str,
    action: str = "TriggerMessage",
    payload: dict[str, Any] | None = None,
) -> int:
    """Put a command into the table without a check and without a bell; returns its id."""
    with superuser(database) as connection:
        row = connection.execute(
            "insert into ops.commands (tenant_id, charge_point_id, ocpp_version, action, payload,"
            "  is_kept, expires_at, requested_via)"
            " select tenant_id, id, '1.6', %s, %s, true, now() + interval '1 hour', 'system'"
            " from core.charge_points where identity = %s returning id",
            [action, json.dumps(TRIGGER if payload is None else payload), identity],
        ).fetchone()
    assert row is not None
    return int(row[0])


def command(database: Database, command_id: int) -> Row:
    """The command as it is now."""
    with superuser(database) as connection:
        row = connection.execute(
            "select state, message_id, result, error_code, error_description, violations"
            " from ops.commands where id = %s",
            [command_id],
        ).fetchone()
    assert row is not None
    return Row(*row)


def state_of(database: Database, command_id: int) -> str:
    """The state of a command."""
    return command(database, command_id).state


async def await_state(database: Database, command_id: int, *states: str) -> Row:
    """Wait until the command is in one of the states."""
    await asyncio.to_thread(
        wait_until,
        lambda: state_of(database, command_id) in states,
        what=f"command {command_id} is {' or '.join(states)}",
    )
    return command(database, command_id)


async def serve(charger: Charger, result: dict[str, Any] | None = None) -> list[Any]:
    """Receive a command and answer it; returns its frame."""
    frame = await charger.receive()
    assert frame[0] == 2, frame
    await charger.send([3, frame[1], {"status": "Accepted"} if result is None else result])
    return frame

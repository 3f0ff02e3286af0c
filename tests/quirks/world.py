"""The two bridges that wild chargers run against, and what must hold of a charger in the end."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import TupleRow, dict_row

from tests.bridge.chargers import TENANT_ID, add_charger, await_ready, superuser
from tests.quirks.wild import WildCharger
from tests.support.databases import Database
from tests.support.processes import RunningBridge, running_bridge

__all__ = ["World", "add_wild_charger", "check", "running_world", "warm_up"]

TABLES = ("sessions", "meter_values", "session_events")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    """What all runs share."""

    database: Database
    watch: psycopg.Connection[TupleRow]
    bridges: tuple[RunningBridge, ...]
    done: Counter[str] = field(default_factory=Counter)
    """What all runs did together."""

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Run a query as one who sees everything."""
        return self.watch.cursor(row_factory=dict_row).execute(query, values).fetchall()

    def snapshot(self, identity: str) -> dict[str, list[Any]]:
        """Every row that the sessions of a charger have made, whole."""
        return {
            table: self.rows(
                f"select to_jsonb(t) as row from core.{table} as t"  # noqa: S608
                " inner join core.charge_points as cp on cp.tenant_id = t.tenant_id and cp.id ="
                + (
                    " (select s.charge_point_id from core.sessions as s"
                    " where s.tenant_id = t.tenant_id and s.id = t.session_id)"
                    if table == "session_events"
                    else " t.charge_point_id"
                )
                + " where cp.identity = %(identity)s order by to_jsonb(t)::text",
                identity=identity,
            )
            for table in TABLES
        }

    def memory_mib(self) -> float:
        """What the bridges hold together."""
        sizes = [psutil.Process(b.process.pid).memory_info().rss for b in self.bridges]
        return sum(sizes) / 2**20


@contextlib.contextmanager
def running_world(database: Database, directory: Path) -> Iterator[World]:
    """Two bridges on one database."""
    with contextlib.ExitStack() as stack:
        running = tuple(
            stack.enter_context(running_bridge(database.settings, directory / name))
            for name in ("one", "two")
        )
        for bridge in running:
            await_ready(bridge)
        watch = stack.enter_context(superuser(database))
        # The personas have numbers of their own, which many runs would come to.
        watch.execute(
            "select setval(pg_get_serial_sequence(format('%I.%I', c.table_schema, c.table_name),"
            " c.column_name), 1000000) from information_schema.columns as c"
            " inner join information_schema.tables as t using (table_schema, table_name)"
            " where c.is_identity = 'YES' and c.table_schema in ('core', 'ops')"
            " and t.table_type = 'BASE TABLE'"
        )
        yield World(database, watch, running)


def add_wild_charger(world: World, kind: str) -> WildCharger:
    """A charger with a token for each of its connectors."""
    identity = f"{kind}-{next(_numbers)}"
    add_charger(world.database, identity)
    tokens = (f"{identity}-T1", f"{identity}-T2")
    for token in tokens:
        world.watch.execute(
            "insert into core.id_tokens (tenant_id, id_token) values (%s, %s)",
            [TENANT_ID, token],
        )
    ports = tuple(bridge.port for bridge in world.bridges)
    return WildCharger(ports, identity, tokens)


def warm_up(world: World) -> None:
    """Use everything once on each bridge: that memory is no growth."""
    charger = add_wild_charger(world, "WARM")
    for bridge in range(len(world.bridges)):
        charger.connect(bridge, boots=True)
        charger.plug(1)
        charger.charge(1, 5)
        charger.unplug(1, with_token=True)
        charger.deliver(3)
    for line in charger.lines:
        line.wire.leave()


def check(world: World, charger: WildCharger) -> None:
    """What must hold once a charger has delivered all it had. Raises AssertionError."""
    _check_replies(charger)
    _check_log(world, charger)
    _check_sessions(world, charger)
    _check_connection(world, charger)
    _check_replays(world, charger)


def _check_replies(charger: WildCharger) -> None:
    """Every call got exactly one reply, or its socket closed."""
    for line in charger.lines:
        for message_id, count in line.calls.items():
            assert line.replies[message_id] <= count, (message_id, line.texts[message_id])
    last = charger.line
    assert last is not None
    assert {key: last.replies[key] for key in last.calls} == dict(last.calls)


def _check_log(world: World, charger: WildCharger) -> None:
    """Every acknowledged message is in the log, with its answer; none failed."""
    logged = {
        (row["message_id"], row["direction"])
        for row in world.rows(
            "select l.message_id, l.direction from ops.message_log as l"
            " inner join core.charge_points as cp"
            " on cp.tenant_id = l.tenant_id and cp.id = l.charge_point_id"
            " where cp.identity = %(identity)s",
            identity=charger.identity,
        )
    }
    for message_id, action in charger.acknowledged:
        assert {(message_id, "in"), (message_id, "out")} <= logged, action
    failed = world.rows(
        "select f.* from ops.failed_messages as f inner join core.charge_points as cp"
        " on cp.tenant_id = f.tenant_id and cp.id = f.charge_point_id"
        " where cp.identity = %(identity)s",
        identity=charger.identity,
    )
    assert failed == []


def _check_sessions(world: World, charger: WildCharger) -> None:
    """One session for each that happened, and its energy right, or held with a reason."""
    found = world.rows(
        "select s.* from core.sessions as s inner join core.charge_points as cp"
        " on cp.tenant_id = s.tenant_id and cp.id = s.charge_point_id"
        " where cp.identity = %(identity)s order by s.id",
        identity=charger.identity,
    )
    spare = charger.strays
    for happened in charger.sessions:
        assert happened.meter_stop_wh is not None
        told = [
            row
            for row in found
            if row["meter_start_wh"] == happened.meter_start_wh
            or row["meter_stop_wh"] == happened.meter_stop_wh
        ]
        assert told, ("lost", happened)
        is_certain = (
            happened.clock == "right"
            and happened.is_clock_right_at_stop
            and not happened.is_start_lost
        )
        if len(told) > 1:
            # A stop without an id that is dated before its start or fits two sessions, a
            # start of 1970 that comes again after a boot (rule R3): one of the two is held.
            spare += len(told) - 1
            assert not is_certain, ("twice", happened, told)
        closed = [row for row in told if row["state"] == "ended"]
        billable = [row for row in closed if row["hold_reason"] is None]
        assert len(billable) <= 1, ("twice", happened, told)
        energy_wh = happened.meter_stop_wh - happened.meter_start_wh
        assert all(row["energy_wh"] == energy_wh for row in billable), (happened, told)
        if is_certain:
            assert closed == told, (happened, told)
        if happened.start_is_acknowledged and happened.clock != "1970":
            assert [row["meter_stop_wh"] for row in closed] == [happened.meter_stop_wh], (
                happened,
                told,
            )
    assert len(found) <= len(charger.sessions) + spare, found
    assert all(
        row["hold_reason"] is not None for row in found if (row["meter_stop_wh"] or 0) > 9_000_000
    ), "a stop of somebody else's session can be billed"
    kept = {
        int(row["energy_wh"])
        for row in world.rows(
            "select m.energy_wh from core.meter_values as m"
            " inner join core.charge_points as cp"
            " on cp.tenant_id = m.tenant_id and cp.id = m.charge_point_id"
            " where cp.identity = %(identity)s and m.energy_wh is not null",
            identity=charger.identity,
        )
    }
    for happened in charger.sessions:
        assert set(happened.readings) <= kept, ("lost readings", happened)


def _check_connection(world: World, charger: WildCharger) -> None:
    """One live epoch, that of the newest socket."""
    epochs = world.rows(
        "select c.id, p.connection_id from ops.connections as c"
        " inner join core.charge_points as cp"
        " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
        " inner join ops.presence as p"
        " on p.tenant_id = c.tenant_id and p.charge_point_id = c.charge_point_id"
        " where cp.identity = %(identity)s and c.closed_at is null",
        identity=charger.identity,
    )
    assert [row["id"] for row in epochs] == [row["connection_id"] for row in epochs]
    assert len(epochs) == 1


def _check_replays(world: World, charger: WildCharger) -> None:
    """Slices of what was said, said again twice on new sockets, change nothing.

    But for what happened in 1970: a start without a time is another one once it is over.
    """
    calls = [
        (message.action, message.payload)
        for message in charger.delivered
        if '"1970-' not in json.dumps(message.payload)
    ]
    if not calls:
        return
    before = world.snapshot(charger.identity)
    shuffler = random.Random(len(calls))
    for _ in range(3):
        begin, end = sorted(shuffler.choices(range(len(calls) + 1), k=2))
        charger.connect(0, boots=False)
        for action, payload in calls[begin:end] * 2:
            assert charger.call_now(action, payload)[0] == 3
    assert world.snapshot(charger.identity) == before

"""Readings that are asked for and costs that are shown: through the bridge to a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.bridge.chargers import KEY, superuser
from tests.charger import Charger, Reading
from tests.support.databases import Database
from tests.support.processes import RunningBridge

Calls = list[tuple[str, dict[str, Any]]]
Visit = Callable[[], Any]


@pytest.fixture
def visit(bridge: RunningBridge, charger: str) -> Visit:
    """A charger that booted, and what it was asked for; everything is accepted."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[tuple[Charger, Calls]]:
        calls: Calls = []

        def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            calls.append((action, payload))
            return {"status": "Accepted"}

        async with Charger(bridge.url, charger, KEY, on_call=answer) as connected:
            await connected.boot()
            yield connected, calls

    return connect


def run(database: Database, job: str) -> str:
    """Run a job as the jobs runner does."""
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        row = connection.execute(f"select jobs.{job}()").fetchone()
    assert row is not None
    return str(row[0])


def age(database: Database, identity: str, by: timedelta) -> None:
    """Let what a charger's session and the requests for its readings say be so much older."""
    with superuser(database) as connection:
        connection.execute(
            "update core.sessions as s set started_at = s.started_at - %(by)s,"
            "  start_received_at = s.start_received_at - %(by)s,"
            "  last_reading_at = s.last_reading_at - %(by)s"
            " from core.charge_points as cp where cp.identity = %(identity)s"
            "  and s.tenant_id = cp.tenant_id and s.charge_point_id = cp.id",
            {"by": by, "identity": identity},
        )
        connection.execute(
            "update ops.meter_requests as r set asked_at = r.asked_at - %(by)s,"
            "  reading_at = r.reading_at - %(by)s"
            " from core.sessions as s inner join core.charge_points as cp"
            "  on cp.tenant_id = s.tenant_id and cp.id = s.charge_point_id"
            " where cp.identity = %(identity)s"
            "  and r.tenant_id = s.tenant_id and r.session_id = s.id",
            {"by": by, "identity": identity},
        )
        connection.execute(
            "update ops.cost_displays set cost_shown_at = cost_shown_at - %s"
            " where cost_shown_at is not null",
            [by],
        )


def configure(database: Database, identity: str, key: str, value: str) -> None:
    """What a charger is taken to have said of its configuration."""
    with superuser(database) as connection:
        connection.execute(
            "insert into core.configuration_keys"
            " (tenant_id, charge_point_id, key, value, reported_at)"
            " select tenant_id, id, %s, %s, now() from core.charge_points where identity = %s",
            [key, value, identity],
        )


def gaps(database: Database, identity: str) -> list[tuple[Any, ...]]:
    """Gaps as staff see them: expected by what, whether still open, and how often asked."""
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("select tests.act_as('greenway.operator')")
        return connection.execute(
            "select g.expected_s, g.expected_by, g.gap_until is null, g.asks"
            " from api.meter_gaps() as g inner join api.charge_points as cp"
            "  on cp.id = g.charge_point_id where cp.identity = %s order by g.gap_from",
            [identity],
        ).fetchall()


async def until(calls: Calls, number: int) -> None:
    """Wait until the charger was called so often."""
    async with asyncio.timeout(15):
        while len(calls) < number:  # noqa: ASYNC110 - the charger's reader fills the list
            await asyncio.sleep(0.02)


async def settle(database: Database) -> None:
    """Wait until every answer is in its command."""
    async with asyncio.timeout(15):
        while True:
            with superuser(database) as connection:
                row = connection.execute(
                    "select count(*) from ops.commands where state in ('queued', 'sent')"
                ).fetchone()
            if row == (0,):
                return
            await asyncio.sleep(0.02)


async def test_overdue_readings_are_asked_for(
    visit: Visit, charger: str, module_database: Database
) -> None:
    configure(module_database, charger, "metervaluesampleinterval", "300")
    async with visit() as (connected, calls):
        at = datetime.now(UTC)
        start = await connected.start(1, "GWTOKEN3", meter_wh=1000, at=at)
        assert run(module_database, "request_readings") == ""

        age(module_database, charger, timedelta(minutes=15))
        assert run(module_database, "request_readings") == "asked for readings of 1 sessions"
        await until(calls, 1)
        assert calls == [("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})]
        await settle(module_database)
        assert gaps(module_database, charger) == [(300, "configuration", True, 1)]

        assert run(module_database, "request_readings") == "", "it was asked a moment ago"
        age(module_database, charger, timedelta(minutes=3))
        assert run(module_database, "request_readings") == "", "and is left in peace for longer"
        age(module_database, charger, timedelta(minutes=3))
        assert run(module_database, "request_readings") == "asked for readings of 1 sessions"
        await until(calls, 2)
        await settle(module_database)

        await connected.meter_values(1, start.transaction_id, [reading(2000)])
        assert run(module_database, "request_readings") == "", "a reading is what it waited for"
        assert gaps(module_database, charger) == [(300, "configuration", False, 0)]
        await connected.stop(start.transaction_id, meter_wh=2000, at=datetime.now(UTC))
        age(module_database, charger, timedelta(hours=3))
        assert run(module_database, "request_readings") == "", "what is over needs none"


async def test_who_is_away_or_busy_is_not_asked(
    visit: Visit, charger: str, module_database: Database
) -> None:
    async with visit() as (connected, calls):
        start = await connected.start(1, "GWTOKEN3", meter_wh=0, at=datetime.now(UTC))
        age(module_database, charger, timedelta(hours=2))
        with superuser(module_database) as connection:
            connection.execute(
                "update ops.presence as p set is_connected = false from core.charge_points as cp"
                " where cp.identity = %s and p.charge_point_id = cp.id",
                [charger],
            )
        assert run(module_database, "request_readings") == ""
        with superuser(module_database) as connection:
            connection.execute(
                "update ops.presence as p set is_connected = true from core.charge_points as cp"
                " where cp.identity = %s and p.charge_point_id = cp.id",
                [charger],
            )
        assert run(module_database, "request_readings") == "asked for readings of 1 sessions"
        assert gaps(module_database, charger) == [(900, "setting", True, 1)]
        await until(calls, 1)
        await settle(module_database)
        await connected.stop(start.transaction_id, meter_wh=0, at=datetime.now(UTC))


async def test_a_display_is_told_price_cost_and_total(
    visit: Visit, charger: str, module_database: Database
) -> None:
    """OCPP & California Pricing Requirements §3.1: SetUserPrice, RunningCost, FinalCost."""
    configure(module_database, charger, "CustomDisplayCostAndPrice", "true")
    async with visit() as (connected, calls):
        at = datetime.now(UTC) - timedelta(minutes=50)
        start = await connected.start(1, "GWTOKEN3", meter_wh=1000, at=at)
        for _ in range(2):
            run(module_database, "show_costs")
            await settle(module_database)
        assert [told(call)[0] for call in calls] == ["SetUserPrice"], "no cost is known yet"
        assert told(calls[0])[1]["idToken"] == "GWTOKEN3"
        assert "EUR" in told(calls[0])[1]["priceText"]

        await connected.meter_values(1, start.transaction_id, [reading(3000, minutes_ago=40)])
        for _ in range(2):
            run(module_database, "refresh_session_costs")
            run(module_database, "show_costs")
            await settle(module_database)
        assert len(calls) == 2, "a cost is said once"
        name, running = told(calls[1])
        assert name == "RunningCost"
        assert running["transactionId"] == start.transaction_id
        assert running["meterValue"] == 3000
        assert running["state"] == "Charging"
        assert running["cost"] > 0
        assert running["chargingPrice"]["kWhPrice"] == pytest.approx(running["cost"] / 2)

        await connected.meter_values(1, start.transaction_id, [reading(5000, minutes_ago=30)])
        run(module_database, "refresh_session_costs")
        run(module_database, "show_costs")
        await settle(module_database)
        assert len(calls) == 2, "nor more often than once a minute"
        age(module_database, charger, timedelta(minutes=2))
        run(module_database, "show_costs")
        await settle(module_database)
        assert told(calls[2])[1]["cost"] == pytest.approx(running["cost"] * 2)

        await connected.stop(start.transaction_id, meter_wh=11000, at=datetime.now(UTC))
        run(module_database, "rate_sessions")
        for _ in range(2):
            run(module_database, "show_costs")
            await settle(module_database)
        assert len(calls) == 4
        name, final = told(calls[3])
        assert name == "FinalCost"
        assert final["cost"] == pytest.approx(running["cost"] * 5)
        assert "Energy" in final["priceText"]


async def test_without_a_display_nothing_is_told(
    visit: Visit, charger: str, module_database: Database
) -> None:
    configure(module_database, charger, "CustomDisplayCostAndPrice", "false")
    async with visit() as (connected, calls):
        start = await connected.start(1, "GWTOKEN3", meter_wh=1000, at=datetime.now(UTC))
        run(module_database, "show_costs")
        await connected.stop(start.transaction_id, meter_wh=1000, at=datetime.now(UTC))
        assert calls == []


def reading(energy_wh: int, *, minutes_ago: float = 0) -> Reading:
    """What the meter showed at some time."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return Reading(at=at, energy_wh=energy_wh, power_w=7000)


def told(call: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The name of a cost message and what it says."""
    action, payload = call
    assert (action, payload["vendorId"]) == ("DataTransfer", "org.openchargealliance.costmsg")
    return payload["messageId"], json.loads(payload["data"])

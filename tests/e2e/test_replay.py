"""What a charger says again, or about somebody else's session, changes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.connection import connect
from tests.charger import Charger, Reading
from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.simulate_client import SessionPlan, run_session
from tests.support.databases import Database
from tests.support.processes import RunningBridge

MONEY = {"StartTransaction", "MeterValues", "StopTransaction"}
"""Actions that make or end money: only these are the same whenever they come (DESIGN 6)."""

TABLES = ("sessions", "meter_values", "session_events")

Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def accounts(module_database: Database) -> Iterator[tuple[Account, Account]]:
    """A charge point of each of two tenants."""
    with connect(module_database.owner_url, owner=True) as owner:
        yield (
            add_chargers(owner, add_tenant(owner, "replay-a"), ["REPLAY-A"])[0],
            add_chargers(owner, add_tenant(owner, "replay-b"), ["REPLAY-B"])[0],
        )


def snapshot(database: Database, account: Account) -> dict[str, list[Any]]:
    """Every row that a charge point's sessions have made, whole."""
    rows = {}
    with connect(database.owner_url, owner=True) as owner:
        for table in TABLES:
            condition = (
                "session_id in (select s.id from core.sessions as s where s.charge_point_id = %s)"
                if table == "session_events"
                else "charge_point_id = %s"
            )
            rows[table] = owner.execute(
                f"select to_jsonb(t) from core.{table} as t where {condition}"  # noqa: S608
                " order by to_jsonb(t)::text",
                [account.charge_point_id],
            ).fetchall()
    return rows


def plan_for(account: Account, *, days_ago: int) -> SessionPlan:
    """A session of half an hour, some days ago."""
    return SessionPlan(
        id_token=account.id_token,
        started_at=datetime.now(UTC) - timedelta(days=days_ago),
        meter_start_wh=1_000_000 - 10_000 * days_ago,
    )


async def record_sessions(bridge: RunningBridge, account: Account, count: int) -> list[Call]:
    """Run some sessions, the oldest first; return every call they made."""
    calls: list[Call] = []

    def on_frame(direction: str, text: str) -> None:
        if direction == "sent":
            _, _, action, payload = json.loads(text)
            calls.append((action, payload))

    async with Charger(bridge.url, account.identity, account.key, on_frame=on_frame) as charger:
        for days_ago in range(count + 1, 1, -1):
            report = await run_session(charger, plan_for(account, days_ago=days_ago))
            assert report.problems == ()
    return calls


@pytest.mark.quirk(39, 67)
async def test_replayed_calls_and_slices_change_nothing(
    module_database: Database, module_bridge: RunningBridge, accounts: tuple[Account, Account]
) -> None:
    """All calls of two sessions, and slices of them, k times on new connections: the same rows."""
    account = accounts[0]
    calls = [call for call in await record_sessions(module_bridge, account, 2) if call[0] in MONEY]
    before = snapshot(module_database, account)
    assert [len(before["sessions"]), len(before["meter_values"])] == [2, 10]

    shuffler = random.Random(6)
    slices = [calls] * 3
    for _ in range(12):
        begin, end = sorted(shuffler.sample(range(len(calls) + 1), 2))
        slices.append(calls[begin:end])
    for part in slices:
        async with Charger(module_bridge.url, account.identity, account.key) as charger:
            for action, payload in part:
                await charger.call(action, payload)
    assert snapshot(module_database, account) == before


@pytest.mark.quirk(38)
async def test_the_same_message_twice_on_one_connection_gets_the_same_answer(
    module_database: Database, module_bridge: RunningBridge, accounts: tuple[Account, Account]
) -> None:
    """A start whose answer was overlooked is asked again under its id: one session, one answer."""
    account = accounts[0]
    plan = plan_for(account, days_ago=40)
    payload = {
        "connectorId": 1,
        "idTag": account.id_token,
        "meterStart": plan.meter_start_wh,
        "timestamp": plan.started_at.isoformat(),
    }
    async with Charger(module_bridge.url, account.identity, account.key) as charger:
        answers = [
            await charger.call("StartTransaction", payload, message_id="again") for _ in range(3)
        ]
        before = snapshot(module_database, account)
        answers.append(await charger.call("StartTransaction", payload, message_id="once more"))
        assert snapshot(module_database, account) == before
        await charger.stop(
            answers[0]["transactionId"], meter_wh=plan.meter_stop_wh, at=plan.ended_at
        )
    assert answers[1:] == answers[:-1]


async def test_a_charger_never_touches_a_transaction_of_another_tenant(
    module_database: Database, module_bridge: RunningBridge, accounts: tuple[Account, Account]
) -> None:
    """B's transaction id, said by A's charger, is acknowledged and changes nothing of B's."""
    intruder, owner_of_it = accounts
    plan = plan_for(owner_of_it, days_ago=3)
    async with (
        Charger(module_bridge.url, owner_of_it.identity, owner_of_it.key) as honest,
        Charger(module_bridge.url, intruder.identity, intruder.key) as foreign,
    ):
        start = await honest.start(
            1, plan.id_token, meter_wh=plan.meter_start_wh, at=plan.started_at
        )
        await honest.meter_values(1, start.transaction_id, [plan.reading(1)])
        before = snapshot(module_database, owner_of_it)

        await foreign.meter_values(
            1, start.transaction_id, [Reading(plan.reading(2).at, 9_999_999, 22_000, 99)]
        )
        await foreign.stop(
            start.transaction_id,
            meter_wh=9_999_999,
            at=plan.ended_at,
            id_token=plan.id_token,
        )
        assert snapshot(module_database, owner_of_it) == before

        await honest.stop(start.transaction_id, meter_wh=plan.meter_stop_wh, at=plan.ended_at)
    rows = snapshot(module_database, owner_of_it)["sessions"]
    assert [(row[0]["state"], row[0]["energy_wh"]) for row in rows] == [("ended", plan.energy_wh)]
    strays = [
        row[0]
        for row in snapshot(module_database, intruder)["sessions"]
        if row[0]["transaction_id"] == str(start.transaction_id)
    ]
    assert all(row["tenant_id"] == intruder.tenant_id for row in strays)

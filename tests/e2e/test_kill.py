"""Nothing acknowledged is ever lost: kills in the middle of a hundred running sessions.

PostgreSQL runs with fsync and synchronous_commit on, in a cluster of this module's own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.e2e.installation import Installation
from tests.e2e.retrying import Ledger, RetryingCharger

CHARGERS = 100


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A cluster, a database and a bridge that may be killed."""
    with Installation.running() as made:
        made.start_bridge()
        yield made


class Storm:
    """Chargers at work, in the background of a test."""

    def __init__(self, installation: Installation, accounts: Sequence[Account]) -> None:
        self.ledger = Ledger()
        self._finish = asyncio.Event()
        self._chargers = [
            RetryingCharger(installation.ocpp_url, account, self.ledger) for account in accounts
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Set all chargers to work: every third runs short sessions, the others a long one."""
        for number, charger in enumerate(self._chargers):
            work = self._run_short(charger) if number % 3 == 0 else self._run_long(charger)
            self._tasks.append(asyncio.create_task(work))

    async def wait_for_more(self, count: int) -> None:
        """Wait until `count` more messages are acknowledged, or raise what a charger raised."""
        waiting = asyncio.create_task(self.ledger.wait_for_more(count))
        await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            for task in self._tasks:
                if task.done():
                    await task
        await waiting

    async def finish(self) -> None:
        """Let every charger come to the end of its session."""
        self._finish.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Stop whatever still runs and close the sockets."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for charger in self._chargers:
            await charger.close()

    async def _run_long(self, charger: RetryingCharger) -> None:
        await charger.charge(
            started_at=datetime.now(UTC) - timedelta(days=2),
            meter_start_wh=5_000_000,
            least_readings=3,
            stop=self._finish,
        )

    async def _run_short(self, charger: RetryingCharger) -> None:
        at_once = asyncio.Event()
        at_once.set()
        began = datetime.now(UTC) - timedelta(days=20)
        number = 0
        while not self._finish.is_set():
            await charger.charge(
                started_at=began + timedelta(minutes=number),
                meter_start_wh=1_000_000 + 100 * number,
                least_readings=2,
                stop=at_once,
            )
            number += 1


@contextlib.asynccontextmanager
async def storm(installation: Installation, slug: str) -> AsyncIterator[Storm]:
    """A hundred chargers of two tenants at work."""
    accounts = []
    with installation.owner() as owner:
        for name in (f"{slug}-a", f"{slug}-b"):
            tenant_id = add_tenant(owner, name)
            identities = [f"{name}-{number:03}" for number in range(CHARGERS // 2)]
            accounts += add_chargers(owner, tenant_id, identities)
    running = Storm(installation, accounts)
    running.begin()
    try:
        yield running
    finally:
        await running.abandon()


async def test_kills_of_bridge_and_database_lose_nothing_acknowledged(
    installation: Installation,
) -> None:
    """kill -9 of the bridge, an immediate stop of PostgreSQL, and then both at once."""
    async with storm(installation, "kill") as chargers:
        await chargers.wait_for_more(1000)

        installation.kill_bridge()
        await asyncio.to_thread(installation.start_bridge)
        await chargers.wait_for_more(1000)

        await asyncio.to_thread(installation.crash_database)
        await asyncio.to_thread(installation.start_database)
        await chargers.wait_for_more(1000)

        await asyncio.to_thread(installation.crash_database)
        installation.kill_bridge()
        await asyncio.to_thread(installation.start_database)
        await asyncio.to_thread(installation.start_bridge)
        await chargers.wait_for_more(1000)

        await chargers.finish()
        ledger = chargers.ledger
    assert ledger.losses > CHARGERS, "the kills interrupted nothing"
    assert_nothing_is_lost(installation, ledger)
    assert_sessions_are_right(installation, ledger)


async def test_a_drain_of_the_bridge_loses_nothing_acknowledged(
    installation: Installation,
) -> None:
    """SIGTERM in the middle of the load: exit status 0, and every answer given is kept."""
    async with storm(installation, "drain") as chargers:
        for _ in range(2):
            await chargers.wait_for_more(1000)
            assert await asyncio.to_thread(installation.drain_bridge) == 0
            await asyncio.to_thread(installation.start_bridge)
        await chargers.wait_for_more(500)
        await chargers.finish()
        ledger = chargers.ledger
    assert_nothing_is_lost(installation, ledger)
    assert_sessions_are_right(installation, ledger)


def assert_nothing_is_lost(installation: Installation, ledger: Ledger) -> None:
    """Every acknowledged message stands in the log, with its answer; none failed."""
    kept = ledger.acknowledged
    with installation.owner() as owner:
        missing = owner.execute(
            """
            select m.action, m.message_id, d.direction
            from unnest(%s::bigint[], %s::text[], %s::text[])
                as m (charge_point_id, message_id, action)
            cross join (values ('in'), ('out')) as d (direction)
            where not exists (
                select from ops.message_log as l
                where l.charge_point_id = m.charge_point_id and l.message_id = m.message_id
                    and l.direction = d.direction and l.error_code is null
            )
            """,
            [
                [one.charge_point_id for one in kept],
                [one.message_id for one in kept],
                [one.action for one in kept],
            ],
        ).fetchall()
        failed = owner.execute("select action, sqlstate, error from ops.failed_messages").fetchall()
    assert missing == []
    assert failed == []


def assert_sessions_are_right(installation: Installation, ledger: Ledger) -> None:
    """Each physical session is there once, ended, with its energy and readings, and no other."""
    identities = sorted({session.account.charge_point_id for session in ledger.sessions})
    expected = sorted(
        (
            session.account.charge_point_id,
            session.started_at.replace(microsecond=session.started_at.microsecond // 1000 * 1000),
            str(session.transaction_id),
            session.meter_start_wh,
            session.meter_stop_wh,
            (session.meter_stop_wh or 0) - session.meter_start_wh,
            "ended",
            None,
            len(session.readings),
            session.readings[-1].energy_wh,
        )
        for session in ledger.sessions
    )
    with installation.owner() as owner:
        found = owner.execute(
            """
            select s.charge_point_id, s.started_at, s.transaction_id, s.meter_start_wh,
                s.meter_stop_wh, s.energy_wh, s.state, s.hold_reason,
                (
                    select count(*) from core.meter_values as v
                    where v.tenant_id = s.tenant_id and v.session_id = s.id
                        and v.energy_wh < s.meter_stop_wh
                ),
                (
                    select max(v.energy_wh) from core.meter_values as v
                    where v.tenant_id = s.tenant_id and v.session_id = s.id
                        and v.energy_wh < s.meter_stop_wh
                )
            from core.sessions as s
            where s.charge_point_id = any(%s)
            order by s.charge_point_id, s.started_at
            """,
            [identities],
        ).fetchall()
    assert found == expected

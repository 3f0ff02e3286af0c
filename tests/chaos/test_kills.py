"""Nothing acknowledged is ever lost: kills of bridge and database in the middle of sessions.

PostgreSQL runs with fsync and synchronous_commit on, in a cluster of this module's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.chaos.scale import SCALE
from tests.chaos.storm import check, make_accounts, storm
from tests.e2e.installation import Installation

Record = Callable[[str, object], None]


@pytest.fixture(scope="module", autouse=True)
def bridge(installation: Installation) -> Iterator[None]:
    """The bridge of the installation."""
    installation.start_bridge()
    yield
    installation.kill_bridge()


async def test_kills_of_bridge_and_database_lose_nothing_acknowledged(
    installation: Installation, record_property: Record
) -> None:
    """kill -9 of the bridge, an immediate stop of PostgreSQL, and then both at once."""
    accounts = make_accounts(installation, "kill")
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(max(1, SCALE.rounds // 2)):
            await chargers.wait_for_more(SCALE.messages)

            installation.kill_bridge()
            await asyncio.to_thread(installation.start_bridge)
            await chargers.wait_for_more(SCALE.messages)

            await asyncio.to_thread(installation.crash_database)
            await asyncio.to_thread(installation.start_database)
            await chargers.wait_for_more(SCALE.messages)

            await asyncio.to_thread(installation.crash_database)
            installation.kill_bridge()
            await asyncio.to_thread(installation.start_database)
            await asyncio.to_thread(installation.start_bridge)
            await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


async def test_a_restart_of_the_database_loses_nothing_acknowledged(
    installation: Installation, record_property: Record
) -> None:
    """A fast shutdown, as every update of PostgreSQL begins with."""
    accounts = make_accounts(installation, "restart")
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages)
            await asyncio.to_thread(installation.cluster.stop)
            await asyncio.to_thread(installation.start_database)
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property)


async def test_a_drain_of_the_bridge_loses_nothing_acknowledged(
    installation: Installation, record_property: Record
) -> None:
    """SIGTERM in the middle of the load: exit status 0, and every answer given is kept."""
    accounts = make_accounts(installation, "drain")
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages)
            assert await asyncio.to_thread(installation.drain_bridge) == 0
            await asyncio.to_thread(installation.start_bridge)
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=0)


async def test_terminated_backends_cost_no_charger_its_socket(
    installation: Installation, record_property: Record
) -> None:
    """Somebody ends all of the bridge's sessions in PostgreSQL, over and over."""
    accounts = make_accounts(installation, "backends")
    ended = 0
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(5 * SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages // 5)
            ended += await asyncio.to_thread(end_backends, installation)
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    assert ended >= 5 * SCALE.rounds
    check(installation, chargers.ledger, record_property, least_losses=0)


async def test_a_server_without_free_connections_delays_and_loses_nothing(
    installation: Installation, record_property: Record
) -> None:
    """Others take every connection while the bridge has lost its own: it waits and comes back."""
    accounts = make_accounts(installation, "slots")
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages)
            before = chargers.ledger.losses
            others = await asyncio.to_thread(take_all_connections, installation)
            try:
                async with asyncio.timeout(30):
                    while chargers.ledger.losses < before + SCALE.chargers:
                        await chargers.ledger.wait_for_loss()
            finally:
                for other in others:
                    other.close()
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


def end_backends(installation: Installation) -> int:
    """End the bridge's sessions; return how many there were."""
    with psycopg.connect(installation.cluster.superuser_url, autocommit=True) as superuser:
        row = superuser.execute(
            "select count(pg_terminate_backend(a.pid)) from pg_stat_activity as a"
            " where a.usename = 'bridge'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def take_all_connections(
    installation: Installation,
) -> list[psycopg.Connection[tuple[object, ...]]]:
    """End the bridge's sessions and take every connection that there is, its own included."""
    taken: list[psycopg.Connection[tuple[object, ...]]] = []
    refusals = 0
    while refusals < 5:
        try:
            taken.append(psycopg.connect(installation.settings.jobs_url))
        except psycopg.OperationalError:
            # Full; the bridge's own connections are what is left to take.
            refusals += 1 if end_backends(installation) == 0 else 0
    return taken

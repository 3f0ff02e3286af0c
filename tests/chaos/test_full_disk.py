"""The disk of the database runs full in the middle of the load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.chaos.disks import SmallDisk, small_disk
from tests.chaos.scale import SCALE
from tests.chaos.storm import check, make_accounts, storm
from tests.e2e.installation import Installation

DISK_MB = 600


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    """A small file system."""
    with small_disk(DISK_MB) as made:
        yield made


@pytest.fixture(scope="module")
def installation(disk: SmallDisk) -> Iterator[Installation]:
    """An installation whose PostgreSQL has nothing but that disk."""
    with Installation.running(disk=disk.path) as made:
        made.start_bridge()
        yield made


async def test_a_full_disk_stops_charging_messages_and_loses_none(
    installation: Installation,
    disk: SmallDisk,
    record_property: Callable[[str, object], None],
) -> None:
    """Chargers are sent away while nothing can be stored, and come back when it can."""
    accounts = make_accounts(installation, "disk")
    async with storm(installation.ocpp_url, accounts) as chargers:
        for _ in range(SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages)
            before = chargers.ledger.losses
            await asyncio.to_thread(disk.fill)
            async with asyncio.timeout(60):
                while chargers.ledger.losses < before + SCALE.chargers:
                    await chargers.ledger.wait_for_loss()
            disk.release()
            await asyncio.to_thread(revive, installation)
            await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


def revive(installation: Installation) -> None:
    """Start PostgreSQL again if the full disk ended it: without room for its log it stops."""
    try:
        psycopg.connect(installation.cluster.superuser_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        installation.cluster.stop()
        installation.start_database()

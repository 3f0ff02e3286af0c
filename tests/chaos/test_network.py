"""Networks that cut, hold and crawl: between chargers and bridge, and behind the bridge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.chaos.proxy import FaultyProxy
from tests.chaos.scale import IS_SOAK, SCALE
from tests.chaos.storm import check, make_accounts, storm
from tests.e2e.installation import BridgeProcess, Installation

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def bridge(installation: Installation) -> Iterator[BridgeProcess]:
    """A bridge of this module."""
    process = installation.add_bridge("network")
    process.start()
    yield process
    process.kill()


async def test_cut_connections_lose_nothing(
    installation: Installation, bridge: BridgeProcess, record_property: Record
) -> None:
    """Every charger's connection is reset at once, in the middle of whatever it does."""
    accounts = make_accounts(installation, "cut")
    async with (
        FaultyProxy(bridge.port) as proxy,
        storm(f"ws://127.0.0.1:{proxy.port}", accounts) as chargers,
    ):
        for _ in range(2 * SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages // 2)
            assert proxy.cut() > 0
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


async def test_half_open_connections_are_replaced(
    installation: Installation, bridge: BridgeProcess, record_property: Record
) -> None:
    """Connections go silent without an end; the chargers come back on new ones (row 16)."""
    accounts = make_accounts(installation, "held")
    async with (
        FaultyProxy(bridge.port) as proxy,
        storm(f"ws://127.0.0.1:{proxy.port}", accounts, answer_timeout_s=3) as chargers,
    ):
        for _ in range(SCALE.rounds):
            await chargers.wait_for_more(SCALE.messages)
            assert proxy.hold() > 0
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
        assert open_epochs(installation, "held") <= len(accounts)
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


async def test_crawling_chargers_hold_nobody_up(
    installation: Installation, bridge: BridgeProcess, record_property: Record
) -> None:
    """Chargers on 2 kB/s get through, and the others do not notice them."""
    slow = make_accounts(installation, "slow")
    fast = make_accounts(installation, "fast", count=10)
    async with (
        FaultyProxy(bridge.port) as proxy,
        storm(f"ws://127.0.0.1:{proxy.port}", slow) as crawling,
        storm(bridge.url, fast) as others,
    ):
        proxy.bytes_per_s = 2000
        await others.wait_for_more(SCALE.messages)
        proxy.bytes_per_s = None
        await crawling.wait_for_more(SCALE.messages)
        await asyncio.gather(crawling.finish(), others.finish())
    assert others.ledger.losses == 0
    check(installation, crawling.ledger, record_property, least_losses=0)
    check(installation, others.ledger, record_property, least_losses=0)


async def test_a_bad_network_to_the_database_loses_nothing(
    installation: Installation, record_property: Record
) -> None:
    """The bridge's connections to PostgreSQL are cut, slowed and refused."""
    accounts = make_accounts(installation, "link")
    async with FaultyProxy(installation.settings.db_port) as proxy:
        process = installation.add_bridge(
            "link",
            {"VOLTARO_BRIDGE_DATABASE_URL": through(proxy, installation.settings.bridge_url)},
        )
        await asyncio.to_thread(process.start)
        try:
            async with storm(process.url, accounts) as chargers:
                for _ in range(SCALE.rounds):
                    await chargers.wait_for_more(SCALE.messages)
                    proxy.cut()
                    await chargers.wait_for_more(SCALE.messages)
                    proxy.refuses = True
                    before = chargers.ledger.losses
                    proxy.cut()
                    async with asyncio.timeout(30):
                        while chargers.ledger.losses < before + SCALE.chargers:
                            await chargers.ledger.wait_for_loss()
                    proxy.refuses = False
                    await chargers.wait_for_more(SCALE.messages)
                    proxy.bytes_per_s = 50_000
                    await chargers.wait_for_more(SCALE.messages // 10)
                    proxy.bytes_per_s = None
                await chargers.finish()
        finally:
            process.kill()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers)


@pytest.mark.skipif(not IS_SOAK, reason="a statement is given up after half a minute")
async def test_a_silent_network_to_the_database_loses_nothing(
    installation: Installation, record_property: Record
) -> None:
    """The bridge's connections to PostgreSQL go half open: it notices and connects anew."""
    accounts = make_accounts(installation, "silent")
    async with FaultyProxy(installation.settings.db_port) as proxy:
        process = installation.add_bridge(
            "silent",
            {"VOLTARO_BRIDGE_DATABASE_URL": through(proxy, installation.settings.bridge_url)},
        )
        await asyncio.to_thread(process.start)
        try:
            async with storm(process.url, accounts, answer_timeout_s=60) as chargers:
                for _ in range(2):
                    await chargers.wait_for_more(SCALE.messages)
                    assert proxy.hold() > 0
                    await chargers.wait_for_more(SCALE.messages, timeout_s=120)
                await chargers.finish()
        finally:
            process.kill()
    check(installation, chargers.ledger, record_property)


def open_epochs(installation: Installation, slug: str) -> int:
    """How many connections of chargers named so are open, as the database sees it."""
    with installation.owner() as owner:
        row = owner.execute(
            "select count(*) from ops.connections as c"
            " join core.charge_points as p on p.id = c.charge_point_id"
            " where c.closed_at is null and p.identity like %s",
            [f"{slug}-%"],
        ).fetchone()
    assert row is not None
    return int(row[0])


def through(proxy: FaultyProxy, url: str) -> str:
    """The same database by way of the proxy."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}"))

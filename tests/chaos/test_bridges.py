"""Three bridges behind a TCP load balancer: any charger may land anywhere, and move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import pytest

from db import parts
from tests.chaos.balancer import running_balancer
from tests.chaos.scale import SCALE
from tests.chaos.stampede import Stampede
from tests.chaos.storm import check, make_accounts, storm
from tests.charger import Charger
from tests.e2e.accounts import Account
from tests.e2e.installation import BridgeProcess, Installation
from tests.support.processes import running, wait_until

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def bridges(installation: Installation) -> Iterator[list[BridgeProcess]]:
    """Three bridges on one database."""
    processes = [installation.add_bridge(f"of-three-{number}") for number in range(3)]
    for process in processes:
        process.start()
    yield processes
    for process in processes:
        process.kill()


@pytest.fixture(scope="module")
def url(bridges: list[BridgeProcess], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where chargers find all of them."""
    with running_balancer(bridges, tmp_path_factory.mktemp("haproxy")) as balanced:
        yield balanced


async def test_a_killed_bridge_loses_nothing_and_its_chargers_move(
    installation: Installation, bridges: list[BridgeProcess], url: str, record_property: Record
) -> None:
    """kill -9 of each bridge in turn, under load; the others take its chargers over."""
    accounts = make_accounts(installation, "move")
    async with storm(url, accounts) as chargers:
        for number in range(max(3, SCALE.rounds)):
            victim = bridges[number % len(bridges)]
            await chargers.wait_for_more(SCALE.messages)
            assert count_open(installation, victim) > 0
            victim.kill()
            await chargers.wait_for_more(SCALE.messages)
            await asyncio.to_thread(victim.start)
        await chargers.finish()
    check(installation, chargers.ledger, record_property, least_losses=SCALE.chargers // 2)


async def test_a_rolling_restart_loses_nothing(
    installation: Installation, bridges: list[BridgeProcess], url: str, record_property: Record
) -> None:
    """Each bridge is drained (SIGTERM) and started anew, under load."""
    accounts = make_accounts(installation, "rolling")
    async with storm(url, accounts) as chargers:
        for bridge in bridges:
            await chargers.wait_for_more(SCALE.messages)
            assert await asyncio.to_thread(bridge.drain) == 0
            assert count_open(installation, bridge) == 0
            await asyncio.to_thread(bridge.start)
        await chargers.wait_for_more(SCALE.messages)
        await chargers.finish()
    check(installation, chargers.ledger, record_property)


async def test_commands_find_their_charger_wherever_it_is(
    installation: Installation, bridges: list[BridgeProcess], url: str, record_property: Record
) -> None:
    """Commands are queued while bridges restart: each arrives once, and none is left over."""
    accounts = make_accounts(installation, "commands")
    async with storm(url, accounts) as chargers:
        for bridge in bridges:
            await chargers.wait_for_more(SCALE.messages)
            await asyncio.to_thread(queue_commands, installation, accounts)
            assert await asyncio.to_thread(bridge.drain) == 0
            await asyncio.to_thread(bridge.start)
        await asyncio.to_thread(
            wait_until, lambda: count_unfinished(installation, accounts) == 0, what="all are done"
        )
        await chargers.finish()
    states = command_states(installation, accounts)
    assert set(states.values()) == {"accepted"}
    assert chargers.ledger.commands == dict.fromkeys(states, 1)
    check(installation, chargers.ledger, record_property)


async def test_a_command_is_never_sent_twice(
    installation: Installation, bridges: list[BridgeProcess], url: str, record_property: Record
) -> None:
    """Bridges are killed with commands in flight: those are unknown, all others arrive once."""
    accounts = make_accounts(installation, "once")
    async with storm(url, accounts) as chargers:
        for bridge in bridges:
            await chargers.wait_for_more(SCALE.messages)
            await asyncio.to_thread(queue_commands, installation, accounts)
            bridge.kill()
            await asyncio.to_thread(bridge.start)
        await asyncio.to_thread(
            wait_until, lambda: count_unfinished(installation, accounts) == 0, what="all are done"
        )
        await chargers.finish()
    states = command_states(installation, accounts)
    assert set(states.values()) <= {"accepted", "unknown"}
    received = chargers.ledger.commands
    assert set(received.values()) == {1}
    assert received.keys() <= states.keys()
    assert {one for one, state in states.items() if state == "accepted"} <= received.keys()
    check(installation, chargers.ledger, record_property)


def queue_commands(installation: Installation, accounts: Sequence[Account]) -> None:
    """Queue three commands for each charger, kept until it is there."""
    with installation.owner() as owner:
        owner.execute(
            "select fleet.queue_command(cp, 'ClearCache', '{}', true, interval '1 hour', 'system')"
            " from core.charge_points as cp cross join generate_series(1, 3)"
            " where cp.id = any(%s)",
            [[account.charge_point_id for account in accounts]],
        )


def command_states(installation: Installation, accounts: Sequence[Account]) -> dict[str, str]:
    """Message id -> state of all commands of these chargers."""
    with installation.owner() as owner:
        rows = owner.execute(
            "select message_id, state from ops.commands where charge_point_id = any(%s)",
            [[account.charge_point_id for account in accounts]],
        ).fetchall()
    return {str(message_id): str(state) for message_id, state in rows}


def count_unfinished(installation: Installation, accounts: Sequence[Account]) -> int:
    """How many of their commands are queued or in flight."""
    states = command_states(installation, accounts)
    return sum(state in {"queued", "sent"} for state in states.values())


async def test_the_chargers_of_a_killed_bridge_are_shown_offline(
    installation: Installation, bridges: list[BridgeProcess]
) -> None:
    """Those that do not come back, once the lease of the bridge has run out."""
    account, *_ = make_accounts(installation, "lost", count=2)
    with installation.owner() as owner:
        owner.execute("update ops.settings set value = '6' where name = 'fleet.bridge_lease_s'")
        owner.execute(
            "update ops.job_schedules set every = '1 second', next_run_at = now()"
            " where job = 'mark_lost_connections'"
        )
    jobs = running(
        parts.module_command("jobs"),
        parts.jobs_environment(installation.settings),
        log=installation.home / "jobs.log",
    )
    async with Charger(bridges[0].url, account.identity, account.key):
        assert is_connected(installation, account)
        bridges[0].kill()
    try:
        with jobs:
            await asyncio.to_thread(
                wait_until,
                lambda: not is_connected(installation, account),
                timeout_s=40,
                what="it is shown offline",
            )
    finally:
        await asyncio.to_thread(bridges[0].start)


async def test_a_stampede_is_admitted_at_a_steady_rate(
    installation: Installation, bridges: list[BridgeProcess], url: str, record_property: Record
) -> None:
    """All chargers reconnect at once after a power cut: nobody gets a CALLERROR, all are back."""
    accounts = make_accounts(installation, "stampede", count=SCALE.stampede)
    stampede = Stampede(int(url.rpartition(":")[2]))
    try:
        await stampede.run(accounts, timeout_s=60)
        stampede.disconnect()
        stampede.back_after_s.clear()
        await stampede.run(accounts, timeout_s=60)
        assert sum(count_open(installation, bridge) for bridge in bridges) == len(accounts)
    finally:
        stampede.disconnect()
    record_property(
        "chaos",
        f"{len(accounts)} chargers back after {max(stampede.back_after_s):.1f} s, "
        f"refused in between: {dict(stampede.refusals) or 0}, "
        f"CALLERRORs: {len(stampede.call_errors)}",
    )
    assert stampede.call_errors == []
    assert len(stampede.back_after_s) == len(accounts)
    # A fleet that boots at once must not beat at once for ever after.
    assert len(set(stampede.boot_intervals_s)) > 10


def is_connected(installation: Installation, account: Account) -> bool:
    """Whether the database takes a charger for connected."""
    with installation.owner() as owner:
        row = owner.execute(
            "select p.is_connected from ops.presence as p where p.charge_point_id = %s",
            [account.charge_point_id],
        ).fetchone()
    return row is not None and bool(row[0])


def count_open(installation: Installation, bridge: BridgeProcess) -> int:
    """How many chargers a bridge holds, as the database sees it."""
    bridge_id = (installation.home / f"bridge-{bridge.port}.id").read_text().strip()
    with installation.owner() as owner:
        row = owner.execute(
            "select count(*) from ops.connections as c"
            " where c.bridge_id = %s and c.closed_at is null",
            [bridge_id],
        ).fetchone()
    assert row is not None
    return int(row[0])

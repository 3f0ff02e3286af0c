"""PostgreSQL goes away and comes back (DESIGN decision 5, QUIRKS R12)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import websockets

from tests.bridge.chargers import (
    add_charger,
    connected,
    health,
    open_connections,
    superuser,
    tuned_bridge,
)
from tests.bridge.handlers import AT_GATE, HEARTBEAT, closed_gate, replace_handler
from tests.support import databases
from tests.support.databases import Database, TestCluster
from tests.support.processes import RunningBridge, running_bridge, wait_until

_COUNT = 6


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[TestCluster]:
    """A server that this module may stop."""
    run = Path(tempfile.mkdtemp(prefix="voltaro-away-"))
    run.chmod(0o755)
    try:
        yield databases.start_cluster(run)
    finally:
        databases.forget_run(run)


@pytest.fixture
def own_database(own_cluster: TestCluster) -> Iterator[Database]:
    """A database on it whose DataTransfer stores the message id."""
    with own_cluster.clone() as database:
        with superuser(database) as connection:
            connection.execute("create table tests.stored (message_id text)")
            connection.execute("grant all on tests.stored to public")
        replace_handler(database, "heartbeat", HEARTBEAT)
        replace_handler(
            database,
            "data_transfer",
            "insert into tests.stored (message_id) values ((p_call).message_id);"
            ' return \'{"status":"Accepted"}\';',
        )
        for number in range(_COUNT):
            add_charger(database, f"CP-A{number}")
        yield database


def _terminate_backends(database: Database, *, query: str = "%") -> None:
    with superuser(database) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'bridge' and datname = current_database() and query like %s",
            [query],
        )


async def test_sockets_are_closed_and_upgrades_refused_until_it_is_back(
    own_cluster: TestCluster, own_database: Database, tmp_path: Path
) -> None:
    with tuned_bridge(own_database, tmp_path) as bridge:
        async with connected(bridge, "CP-A0") as client:
            await asyncio.to_thread(own_cluster.cluster.stop)
            try:
                assert (await client.closed())[0] == 1013
                assert await asyncio.to_thread(health, bridge) == 503
                with pytest.raises(websockets.InvalidStatus) as refusal:
                    async with connected(bridge, "CP-A1"):
                        pass
                assert refusal.value.response.status_code == 503
                assert "Retry-After" in refusal.value.response.headers
            finally:
                await asyncio.to_thread(own_cluster.cluster.start)
        await _until_ready(bridge)
        async with connected(bridge, "CP-A0") as client:
            assert (await client.call("Heartbeat", {}))[0] == 3
            assert len(open_connections(own_database, "CP-A0")) == 1
        assert "Traceback" not in bridge.log.read_text()


async def test_nothing_that_was_acknowledged_is_lost_when_it_crashes(
    own_cluster: TestCluster, own_database: Database, tmp_path: Path
) -> None:
    """Chargers call and retry as fast as they can while the server is stopped at once."""
    acknowledged: set[str] = set()
    is_ending = False

    async def transfer(number: int) -> None:
        for count in itertools.count():
            message_id = f"{number}-{count}"
            while message_id not in acknowledged:
                with contextlib.suppress(websockets.WebSocketException, OSError):
                    async with connected(bridge, f"CP-A{number}") as client:
                        while not is_ending:
                            answer = await client.call(
                                "DataTransfer", {"vendorId": "v"}, message_id=message_id
                            )
                            # Never a CALLERROR for trouble that is ours.
                            assert answer[:2] == [3, message_id]
                            acknowledged.add(message_id)
                            break
                if is_ending:
                    return
                # A charger waits before it tries again; this one not for long.
                await asyncio.sleep(0 if message_id in acknowledged else 0.05)

    with superuser(own_database) as connection:
        connection.execute("alter system set synchronous_commit = on")
        connection.execute("alter system set fsync = on")
        connection.execute("select pg_reload_conf()")
    with tuned_bridge(own_database, tmp_path) as bridge:
        tasks = [asyncio.ensure_future(transfer(number)) for number in range(_COUNT)]
        for _ in range(2):
            await _until_more(acknowledged)
            await asyncio.to_thread(own_cluster.cluster.stop, mode=signal.SIGQUIT)
            await asyncio.to_thread(own_cluster.cluster.start)
        await _until_more(acknowledged)
        is_ending = True
        await asyncio.gather(*tasks)
        assert "Traceback" not in bridge.log.read_text()
    with superuser(own_database) as connection:
        rows = connection.execute("select message_id from tests.stored").fetchall()
    assert acknowledged <= {row[0] for row in rows}


async def _until_more(acknowledged: set[str]) -> None:
    begin = len(acknowledged)
    await asyncio.to_thread(wait_until, lambda: len(acknowledged) > begin + 50, what="more answers")


async def _until_ready(bridge: RunningBridge) -> None:
    await asyncio.to_thread(
        wait_until, lambda: health(bridge) == 200, what="the database is used again"
    )


async def test_a_killed_backend_costs_only_the_calls_it_ran(
    own_database: Database, tmp_path: Path
) -> None:
    """Whether a call was committed is unknown then: no answer, and the charger tries again."""
    replace_handler(own_database, "boot_notification", f"{AT_GATE} return '{{}}';")
    with tuned_bridge(own_database, tmp_path) as bridge:
        async with connected(bridge, "CP-A0") as victim, connected(bridge, "CP-A1") as other:
            with closed_gate(own_database):
                await victim.send([2, "1", "BootNotification", {}])
                await asyncio.to_thread(
                    wait_until, lambda: _waiting(own_database) == 1, what="the call runs"
                )
                _terminate_backends(own_database, query="%handle_calls%")
                assert (await victim.closed())[0] == 1013
            assert (await other.call("Heartbeat", {}))[0] == 3
        async with connected(bridge, "CP-A0") as again:
            assert (await again.call("Heartbeat", {}))[0] == 3


def _waiting(database: Database) -> int:
    with superuser(database) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where usename = 'bridge'"
            " and datname = current_database() and wait_event = 'advisory'"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def test_idle_backends_may_be_killed_without_a_charger_noticing(
    own_database: Database, tmp_path: Path
) -> None:
    with tuned_bridge(own_database, tmp_path) as bridge:
        async with connected(bridge, "CP-A0") as client:
            for number in range(1, 4):
                _terminate_backends(own_database)
                # Two for batches, for handshakes and for commands, one for the rest.
                await asyncio.to_thread(
                    wait_until,
                    lambda: bridge.log.read_text().count("replaced") == 7 * number,  # noqa: B023
                    what="connections are replaced",
                )
                answer = await client.call("Heartbeat", {}, message_id=str(number))
                assert answer[:2] == [3, str(number)]


async def test_a_bridge_that_starts_first_waits_for_its_database(
    own_cluster: TestCluster, own_database: Database, tmp_path: Path
) -> None:
    await asyncio.to_thread(own_cluster.cluster.stop)
    try:
        with running_bridge(own_database.settings, tmp_path, waits_for_database=False) as bridge:
            assert await asyncio.to_thread(health, bridge) == 503
            await asyncio.to_thread(own_cluster.cluster.start)
            await _until_ready(bridge)
            async with connected(bridge, "CP-A0") as client:
                assert (await client.call("Heartbeat", {}))[0] == 3
            assert "Traceback" not in bridge.log.read_text()
            assert "bridge-of-tests" not in bridge.log.read_text()
    finally:
        if not own_cluster.cluster.answers():
            await asyncio.to_thread(own_cluster.cluster.start)


def test_a_server_that_takes_no_writes_does_not_count(
    own_database: Database, tmp_path: Path
) -> None:
    """After a failover the old server may come back as a standby."""
    with psycopg.connect(own_database.superuser_url, autocommit=True) as connection:
        connection.execute("alter role bridge set default_transaction_read_only = on")
    try:
        with running_bridge(own_database.settings, tmp_path, waits_for_database=False) as bridge:
            wait_until(lambda: "not usable" in bridge.log.read_text(), what="it complains")
            assert health(bridge) == 503
    finally:
        with psycopg.connect(own_database.superuser_url, autocommit=True) as connection:
            connection.execute("alter role bridge reset default_transaction_read_only")

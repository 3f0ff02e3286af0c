"""The bridge as a process: its parts, its tasks, and the coming and going of the database."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.bell import Bell
from bridge.courier import Courier
from bridge.database import Database
from bridge.dispatcher import TRY_AGAIN_LATER, Dispatcher
from bridge.exceptions import BridgeError, SettingsError, StatementFailed
from bridge.journal import Journal
from bridge.outgoing import Outgoing
from bridge.ports import Ports
from bridge.reception import Reception
from bridge.registry import Registry
from bridge.schemas import Schemas, digest, request_schemas
from bridge.session import NORMAL, Services
from bridge.settings import Policy, Settings

__all__ = ["Bridge"]

SERVICE_RESTART = 1012
DRAIN_TIMEOUT_S = 4.0
GOODBYE_TIMEOUT_S = 1.5
# Without an answer for this many keep-alives, the database does not count as there.
SILENT_INTERVALS = 3

# What the database says on the channel of a bridge, before the id of a connection.
CLOSE = "close "

logger = logging.getLogger(__name__)


class Bridge:
    """One bridge: start it, wait for the signal to stop, drain it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url,
            bridge_id=settings.bridge_id,
            host=socket.gethostname(),
            workers=settings.workers,
        )
        self._database.on_up = self._on_up
        self._database.on_down = self._on_down
        self._dispatcher = Dispatcher(self._database.workers)
        self._journal = Journal(self._database)
        self._registry = Registry()
        self._courier = Courier(self._database, self._find_outgoing)
        self._bell = Bell(self._database, on_ring=self._on_ring, on_heard=self._on_heard)
        # What sessions share, made anew when the database (re)appears; None before it did.
        self._services: Services | None = None
        self._is_draining = False
        self._reception = Reception(
            self._database,
            self._registry,
            self._journal,
            settings.proxies,
            is_ready=self._is_ready,
        )
        self._ports = Ports(settings, self._reception)
        # Tasks that live as long as the bridge, and those of one database life.
        self._tasks: set[asyncio.Task[None]] = set()
        self._up_tasks: set[asyncio.Task[None]] = set()
        self.crashed = asyncio.Event()
        """Set when a task that must not end has ended."""

    # Life

    async def start(self) -> None:
        """Listen, and connect to the database in the background.

        Raises OSError, or SettingsError for certificates that cannot be used.
        """
        self._ports.open()
        for coroutine in (
            self._database.supervise(),
            self._dispatcher.run(),
            self._journal.run(),
            self._courier.run(),
        ):
            self._spawn(self._tasks, coroutine)
        for kind, number in self._ports.numbers.items():
            logger.info("listening on %s:%d (%s)", self._settings.host, number, kind)

    def reload(self) -> None:
        """Read the certificates again, for sockets to come."""
        self._ports.reload()

    async def drain(self) -> None:
        """Stop as chargers like it: answer what was received, say 1012, record the end."""
        logger.info("draining %d connections", len(self._registry))
        self._is_draining = True
        await self._send_away()
        await self._wait_until(
            lambda: self._dispatcher.is_idle and not self._has_commands, DRAIN_TIMEOUT_S
        )
        await self._wait_until(lambda: not len(self._registry), GOODBYE_TIMEOUT_S)
        self._ports.close()
        for connection in list(self._registry):
            connection.abort()
        await asyncio.sleep(0)
        is_answering = False
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._journal.flush()
                await self._database.stop_bridge()
            is_answering = True
        except (BridgeError, TimeoutError) as error:
            logger.warning("the database does not know that the bridge stopped: %s", error)
        self._database.on_down = lambda: None
        self._reception.close()
        for task in (*self._up_tasks, *self._tasks):
            task.cancel()
        await self._database.close(is_answering=is_answering)
        logger.info("stopped")

    async def _send_away(self) -> None:
        """Retire the sockets in a spread, so that their chargers do not come back all at once."""
        loop = asyncio.get_running_loop()
        connections = list(self._registry)
        policy = None if self._services is None else self._services.policy
        if policy is None or not connections:
            return
        pause_s = min(1 / policy.drains_per_s, policy.drain_s / len(connections))
        began_at = loop.time()
        for number, connection in enumerate(connections):
            # Sleeping is not exact: late ones go together.
            delay_s = began_at + number * pause_s - loop.time()
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            if connection.session is not None:
                connection.session.retire(SERVICE_RESTART, "the central system restarts")

    @property
    def _has_commands(self) -> bool:
        """Whether a command waits for its answer, or its outcome to be stored."""
        return not self._courier.is_idle or any(
            connection.session is not None and not connection.session.outgoing.is_quiet
            for connection in self._registry
        )

    @staticmethod
    async def _wait_until(condition: Callable[[], bool], timeout_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + timeout_s
        # Once a life: events for it in every session would be paid for all the time.
        while not condition() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def _spawn(self, group: set[asyncio.Task[None]], coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        group.add(task)
        task.add_done_callback(group.discard)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            logger.critical("a task failed", exc_info=task.exception())
            self.crashed.set()

    # The database comes and goes

    def _on_up(self, policy: Policy) -> None:
        schemas = {}
        for name, version in policy.protocols.items():
            try:
                schemas[name] = Schemas(version)
            except SettingsError as error:
                logger.error("%s cannot be spoken: %s", name, error)
        self._services = Services(
            dispatcher=self._dispatcher,
            desk=self._courier,
            journal=self._journal,
            policy=policy,
            schemas=schemas,
        )
        self._dispatcher.solo_actions = policy.solo_actions
        self._courier.max_unanswered = policy.max_unanswered_commands
        self._reception.update(self._services)
        self._spawn(self._up_tasks, self._keep_alive(policy.keep_alive_interval_s))
        self._spawn(self._up_tasks, self._registry.ping(policy.ping_interval_s, policy.silence_s))
        self._spawn(self._up_tasks, self._bell.run(policy.channel))
        self._spawn(self._up_tasks, self._courier.poll(policy.command_poll_s))
        self._spawn(self._up_tasks, self._store_schemas(policy))

    def _on_down(self) -> None:
        """Send the chargers away: they queue what they have and come back (DESIGN 5)."""
        for task in self._up_tasks:
            task.cancel()
        self._courier.forget()
        for connection in self._registry:
            connection.close(TRY_AGAIN_LATER, "the central system is not ready")

    async def _store_schemas(self, policy: Policy) -> None:
        """Give the database the schemas that it checks commands with, if it has others."""
        for version in dict.fromkeys(policy.protocols.values()):
            try:
                schemas = await asyncio.to_thread(request_schemas, version)
                name = digest(schemas)
                if policy.schema_digests.get(version) != name:
                    await self._database.store_schemas(version, name, json.dumps(schemas))
            except BridgeError as error:
                logger.error("the schemas of OCPP %s are not stored: %s", version, error)

    def _on_heard(self, is_heard: bool) -> None:
        """The bell was tried; what it may have said before is looked for when it is new."""
        if is_heard is not self._courier.is_bell_heard or not is_heard:
            self._courier.is_bell_heard = is_heard
            self._courier.poll_soon()

    def _on_ring(self, payload: str) -> None:
        """The database says that a connection has a command, or is another bridge's now."""
        is_over = payload.startswith(CLOSE)
        number = payload.removeprefix(CLOSE)
        if not (number.isascii() and number.isdigit()):
            logger.warning("the database said %.100r", payload)
        elif not is_over:
            self._courier.ring(int(number))
        elif (connection := self._registry.get(int(number))) is not None:
            connection.close(NORMAL, "replaced by a newer connection")

    def _find_outgoing(self, connection_id: int) -> Outgoing | None:
        connection = self._registry.get(connection_id)
        if connection is None or connection.session is None:
            return None
        return connection.session.outgoing

    async def _keep_alive(self, interval_s: float) -> None:
        """Tell the database which sockets are open, and close those it wants closed."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(interval_s)
            connections = [c for c in self._registry if c.session is not None]
            base = datetime.now(UTC) - timedelta(seconds=loop.time())
            try:
                unwanted = await self._database.keep_alive(
                    [c.session.connection_id for c in connections if c.session is not None],
                    [base + timedelta(seconds=c.last_frame_at) for c in connections],
                )
                addresses = self._reception.distrust.take()
                if addresses:
                    await self._database.report_distrust(addresses)
            except StatementFailed as error:
                logger.error("keep-alive failed: %s", error)
                continue
            except BridgeError as error:
                logger.debug("keep-alive failed: %s", error)
                continue
            for connection_id in unwanted:
                connection = self._registry.get(connection_id)
                if connection is not None:
                    # It may come back: who is not wanted at all hears so at the handshake.
                    connection.close(TRY_AGAIN_LATER, "no longer wanted")

    def _is_ready(self) -> bool:
        """Whether chargers may come."""
        services = self._services
        if services is None or self._is_draining or not self._database.is_up:
            return False
        silence_s = asyncio.get_running_loop().time() - self._database.answered_at
        return silence_s < SILENT_INTERVALS * services.policy.keep_alive_interval_s

"""The bridge as a process: the listener, who is admitted, and the tasks behind it."""

from __future__ import annotations

import asyncio
import http
import logging
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.http11 import Request, Response

from bridge.connection import Connection, retry_later
from bridge.database import Database
from bridge.dispatcher import TRY_AGAIN_LATER, Dispatcher
from bridge.exceptions import BridgeError, SettingsError, StatementFailed
from bridge.handshake import Offer, is_upgrade
from bridge.journal import Journal
from bridge.registry import Registry
from bridge.schemas import Schemas
from bridge.session import Services, Session
from bridge.settings import HANDSHAKE_TIMEOUT_S, Policy, Settings

__all__ = ["Bridge"]

SERVICE_RESTART = 1012
BACKLOG = 4096
DRAIN_TIMEOUT_S = 4.0
# Chargers are sent away over this time at most, so that they do not all come back at once.
SPREAD_S = 2.0
SPREAD_PER_SOCKET_S = 0.002
GOODBYE_TIMEOUT_S = 1.5
# Without an answer for this many keep-alives, the database does not count as there.
SILENT_INTERVALS = 3

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
        # What sessions share, made anew when the database (re)appears; None before it did.
        self._services: Services | None = None
        self._server: asyncio.Server | None = None
        self._is_draining = False
        # Tasks that live as long as the bridge, those of one database life, and handshakes.
        self._tasks: set[asyncio.Task[None]] = set()
        self._up_tasks: set[asyncio.Task[None]] = set()
        self.crashed = asyncio.Event()
        """Set when a task that must not end has ended."""
        self._admissions: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._server is None:
            return self._settings.port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    # Life

    async def start(self) -> None:
        """Listen, and connect to the database in the background. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._make_connection, self._settings.host, self._settings.port, backlog=BACKLOG
        )
        for coroutine in (
            self._database.supervise(),
            self._dispatcher.run(),
            self._journal.run(),
        ):
            self._spawn(self._tasks, coroutine)
        logger.info("listening on %s:%d", self._settings.host, self.port)

    async def drain(self) -> None:
        """Stop as chargers like it: answer what was received, say 1012, record the end."""
        logger.info("draining %d connections", len(self._registry))
        self._is_draining = True
        connections = list(self._registry)
        pause = min(SPREAD_S / max(len(connections), 1), SPREAD_PER_SOCKET_S)
        for connection in connections:
            if connection.session is not None:
                connection.session.retire(SERVICE_RESTART, "the central system restarts")
            await asyncio.sleep(pause)
        await self._wait_until(lambda: self._dispatcher.is_idle, DRAIN_TIMEOUT_S)
        await self._wait_until(lambda: not len(self._registry), GOODBYE_TIMEOUT_S)
        if self._server is not None:
            self._server.close()
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
        for task in (*self._up_tasks, *self._tasks, *self._admissions):
            task.cancel()
        await self._database.close(is_answering=is_answering)
        logger.info("stopped")

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
            dispatcher=self._dispatcher, journal=self._journal, policy=policy, schemas=schemas
        )
        self._dispatcher.solo_actions = policy.solo_actions
        self._spawn(self._up_tasks, self._keep_alive(policy.keep_alive_interval_s))
        self._spawn(self._up_tasks, self._registry.ping(policy.ping_interval_s))

    def _on_down(self) -> None:
        """Send the chargers away: they queue what they have and come back (DESIGN 5)."""
        for task in self._up_tasks:
            task.cancel()
        for connection in self._registry:
            connection.close(TRY_AGAIN_LATER, "the central system is not ready")

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

    # Handshakes

    def _make_connection(self) -> Connection:
        services = self._services
        return Connection(
            on_request=self._on_request,
            on_end=self._on_end,
            handshake_timeout_s=(
                HANDSHAKE_TIMEOUT_S if services is None else services.policy.handshake_timeout_s
            ),
        )

    def _on_request(self, connection: Connection, request: Request) -> None:
        is_health = request.path.partition("?")[0] == "/health"
        if is_health and not is_upgrade(request.headers):
            is_well = self._is_ready
            connection.refuse(200 if is_well else 503, "ok" if is_well else "not ready")
            return
        offer = Offer.from_request(request)
        response = connection.accept(request)
        if response.status_code != 101:
            logger.debug(
                "refused %s: %d for %.100r",
                connection.remote_address,
                response.status_code,
                request.path,
            )
            connection.respond(response)
        elif offer is None:
            self._refuse(connection, request, 404, "unknown")
        elif not self._is_ready:
            self._refuse(connection, request, 503, "not ready")
        else:
            self._spawn(self._admissions, self._admit(connection, request, response, offer))

    @property
    def _is_ready(self) -> bool:
        services = self._services
        if services is None or self._is_draining or not self._database.is_up:
            return False
        silence_s = asyncio.get_running_loop().time() - self._database.answered_at
        return silence_s < SILENT_INTERVALS * services.policy.keep_alive_interval_s

    def _refuse(self, connection: Connection, request: Request, status: int, reason: str) -> None:
        logger.info(
            "refused %s: %d (%s) for %.100r",
            connection.remote_address,
            status,
            reason,
            request.path,
        )
        # Why is for our log only: an unknown charger and a wrong key look the same outside.
        headers = {}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="voltaro"'
        elif status in (429, 503):
            headers = retry_later()
        connection.refuse(status, http.HTTPStatus(status).phrase.lower(), headers)

    async def _admit(
        self, connection: Connection, request: Request, response: Response, offer: Offer
    ) -> None:
        """Ask the database and answer the upgrade request."""
        answer: dict[str, Any] = {}
        try:
            async with self._database.handshake_link() as link:
                if not connection.is_admitting:
                    # It waited too long for its turn.
                    return
                answer = await self._database.open_connection(
                    link,
                    path=offer.path,
                    username=offer.username,
                    password=offer.password,
                    subprotocols=offer.subprotocols,
                    remote_address=connection.remote_address,
                    is_tls=False,
                    user_agent=offer.user_agent,
                )
            status = int(answer["status"])
            if status != 101:
                self._refuse(connection, request, status, str(answer.get("reason", "")))
            else:
                self._open(connection, request, response, offer, answer)
        except BridgeError as error:
            if isinstance(error, StatementFailed):
                level = logging.WARNING if error.is_blocked else logging.ERROR
                logger.log(level, "a handshake failed: %s", error)
            self._refuse(connection, request, 503, "not ready")
        except Exception:
            # A defect of ours, here or in what ocpp.open_connection returned: one charger's only.
            logger.exception("a handshake failed")
            self._refuse(connection, request, 503, "not ready")
            connection_id = answer.get("connection_id") if isinstance(answer, dict) else None
            if isinstance(connection_id, int) and connection.session is None:
                self._journal.record_closing(connection_id, 1006, "left during the handshake")

    def _open(
        self,
        connection: Connection,
        request: Request,
        response: Response,
        offer: Offer,
        answer: dict[str, Any],
    ) -> None:
        services = self._services
        connection_id = answer.get("connection_id")
        subprotocol = answer.get("subprotocol")
        if connection_id is None:
            # No common subprotocol: finish without the header, then close (OCPP-J 1.6 §3.2).
            if connection.is_admitting:
                connection.upgrade(response, subprotocol=None, max_frame_bytes=125, session=None)
                connection.close(int(answer["close_code"]), str(answer["close_reason"]))
            logger.info("refused %s: no common protocol", connection.remote_address)
            return
        if not connection.is_admitting or not self._is_ready or services is None:
            self._journal.record_closing(connection_id, 1006, "left during the handshake")
            self._refuse(connection, request, 503, "not ready")
            return
        identity = str(answer["identity"])
        session = Session(connection_id, identity, str(subprotocol), connection, services)
        connection.upgrade(
            response,
            # A charger that offers none may be assumed to speak one (row 1): no header then.
            subprotocol=subprotocol if subprotocol in offer.subprotocols else None,
            max_frame_bytes=services.policy.max_frame_bytes,
            session=session,
        )
        self._registry.add(connection, session)
        logger.info(
            "%s connected from %s (connection %d, %s)",
            identity,
            connection.remote_address,
            connection_id,
            subprotocol,
        )

    def _on_end(self, connection: Connection, code: int, reason: str) -> None:
        session = connection.session
        if session is not None:
            self._registry.remove(connection)
            session.ended(code, reason)
            logger.info(
                "%s disconnected (connection %d, code %d%s)",
                session.identity,
                session.connection_id,
                code,
                f", {session.stray_answers} stray answers" if session.stray_answers else "",
            )

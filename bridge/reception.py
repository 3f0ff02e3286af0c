"""Handshakes: who is refused unasked, who waits for a turn, and what the database decided."""

from __future__ import annotations

import asyncio
import http
import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.http11 import Request, Response

from bridge.admission import Admission
from bridge.connection import Arrival, Connection, retry_later
from bridge.database import Database
from bridge.distrust import Distrust
from bridge.exceptions import BridgeError, StatementFailed
from bridge.handshake import Offer, is_upgrade, shown_path
from bridge.journal import Journal
from bridge.limits import Allowances, Gate, Limits, Refusals, address_key
from bridge.outgoing import LinkTerms
from bridge.proxies import Proxies
from bridge.registry import Registry
from bridge.session import Services, Session
from bridge.settings import HANDSHAKE_TIMEOUT_S
from bridge.tls import describe_certificate

__all__ = ["Reception"]

# Refusals that say something about the request, and not about us.
REMEMBERED = frozenset({401, 403, 404})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class _Application:
    """A request that waits for its turn and for the database."""

    connection: Connection
    request: Request
    response: Response
    """What is sent when it is granted."""
    offer: Offer
    certificate: bytes | None
    key: int
    """Hash of everything that the database decides by."""


class Reception:
    """Everything between an accepted socket and an open session."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        proxies: Proxies,
        *,
        is_ready: Callable[[], bool],
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._proxies = proxies
        self._is_ready = is_ready
        # What sessions share and turns; None before the database was there.
        self._services: Services | None = None
        self._admission: Admission | None = None
        limits = Limits()
        self.gate = Gate(limits)
        self._refusals = Refusals(limits)
        self._allowances = Allowances(limits)
        self._tasks: set[asyncio.Task[None]] = set()
        self.distrust = Distrust()
        """Who refused our certificate."""

    def update(self, services: Services) -> None:
        """Work by what the database says now."""
        policy = services.policy
        self._services = services
        self._admission = Admission(
            per_s=policy.admissions_per_s,
            burst=policy.admission_burst,
            handshake_timeout_s=policy.handshake_timeout_s,
        )
        self.gate.limits = self._refusals.limits = self._allowances.limits = policy.limits

    @property
    def handshake_timeout_s(self) -> float:
        """How long a socket may take to become a charger."""
        services = self._services
        return HANDSHAKE_TIMEOUT_S if services is None else services.policy.handshake_timeout_s

    def close(self) -> None:
        """Forget the handshakes that are not over."""
        for task in self._tasks:
            task.cancel()

    def connect(self, arrival: Arrival) -> Connection:
        """Make the connection of a socket that was let in."""
        return Connection(arrival, on_request=self._on_request, on_end=self._on_end)

    def _on_request(self, connection: Connection, request: Request) -> None:
        if connection.is_behind_proxy:
            reason = self._identify(connection, request)
            if reason is not None:
                self._refuse(connection, request, 429, reason)
                return
        is_health = request.path.partition("?")[0] == "/health"
        if is_health and not is_upgrade(request.headers):
            is_well = self._is_ready()
            connection.refuse(200 if is_well else 503, "ok" if is_well else "not ready")
            return
        offer = Offer.from_request(request)
        response = connection.accept(request)
        if response.status_code != 101:
            logger.debug(
                "refused %s: %d for %.100r",
                connection.remote_address,
                response.status_code,
                shown_path(request.path),
            )
            connection.respond(response)
        elif offer is None:
            self._refuse(connection, request, 404, "unknown")
        elif not self._is_ready():
            self._refuse(connection, request, 503, "not ready")
        else:
            self._consider(connection, request, response, offer)

    def _identify(self, connection: Connection, request: Request) -> str | None:
        """Take the address that a listed proxy names; returns why it must go, or None."""
        address = self._proxies.find_client(request.headers, connection.remote_address)
        connection.remote_address = address
        return connection.visit.identify(address_key(address), asyncio.get_running_loop().time())

    def _consider(
        self, connection: Connection, request: Request, response: Response, offer: Offer
    ) -> None:
        """Refuse from memory what was refused often; the rest gets a turn."""
        loop = asyncio.get_running_loop()
        certificate = connection.client_certificate()
        address = address_key(connection.remote_address)
        key = hash((offer, address, certificate))
        status = self._refusals.find(key, loop.time())
        if status is not None:
            reason = "too many reconnects" if status == 429 else "refused before"
            self._refuse_in_time(connection, request, status, reason, loop.time())
            return
        turn = None if self._admission is None else self._admission.reserve(address)
        if turn is None:
            self._refuse(connection, request, 503, "too many at once")
            return
        application = _Application(connection, request, response, offer, certificate, key)
        task = loop.create_task(self._admit(application, turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refuse(self, connection: Connection, request: Request, status: int, reason: str) -> None:
        logger.info(
            "refused %s: %d (%s) for %.100r",
            connection.remote_address,
            status,
            reason,
            shown_path(request.path),
        )
        # Why is for our log only: an unknown charger and a wrong key look the same outside.
        headers = {}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="voltaro"'
        elif status in (429, 503):
            headers = retry_later()
        connection.refuse(status, http.HTTPStatus(status).phrase.lower(), headers)

    def _refuse_in_time(
        self, connection: Connection, request: Request, status: int, reason: str, began_at: float
    ) -> None:
        """Refuse; 401 after a whole number of `refusal_s` since `began_at`.

        A key that a person chose takes a slow hash to check: the time must not tell who has one.
        """
        services = self._services
        if status != 401 or services is None:
            self._refuse(connection, request, status, reason)
            return
        loop = asyncio.get_running_loop()
        step_s = services.policy.refusal_s
        steps = math.floor((loop.time() - began_at) / step_s) + 1
        loop.call_at(began_at + steps * step_s, self._refuse, connection, request, status, reason)

    async def _admit(self, application: _Application, turn: asyncio.Future[None]) -> None:
        """Ask the database, when it is its turn, and answer the upgrade request."""
        await turn
        connection, request, offer = application.connection, application.request, application.offer
        answer: dict[str, Any] = {}
        began_at = asyncio.get_running_loop().time()
        try:
            described = (
                None
                if application.certificate is None
                else describe_certificate(application.certificate)
            )
            client_certificate = None if described is None else json.dumps(described)
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
                    tls_version=connection.tls_version,
                    client_certificate=client_certificate,
                    user_agent=offer.user_agent,
                )
            status = int(answer["status"])
            if status != 101:
                if status in REMEMBERED:
                    self._refusals.note(application.key, status, asyncio.get_running_loop().time())
                self._refuse_in_time(
                    connection, request, status, str(answer.get("reason", "")), began_at
                )
            else:
                self._refusals.forget(application.key)
                self._open(application, answer)
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

    def _open(self, application: _Application, answer: dict[str, Any]) -> None:
        connection = application.connection
        services = self._services
        connection_id = answer.get("connection_id")
        subprotocol = answer.get("subprotocol")
        if connection_id is None:
            # No common subprotocol: finish without the header, then close (OCPP-J 1.6 §3.2).
            if connection.is_admitting:
                connection.upgrade(
                    application.response,
                    subprotocol=None,
                    max_frame_bytes=125,
                    session=None,
                    allowance=None,
                )
                connection.close(int(answer["close_code"]), str(answer["close_reason"]))
            logger.info("refused %s: no common protocol", connection.remote_address)
            return
        if not connection.is_admitting or not self._is_ready() or services is None:
            self._journal.record_closing(connection_id, 1006, "left during the handshake")
            self._refuse(connection, application.request, 503, "not ready")
            return
        identity = str(answer["identity"])
        session = Session(
            connection_id,
            identity,
            str(subprotocol),
            connection,
            services,
            LinkTerms(
                settle_s=float(answer.get("settle_s") or services.policy.settle_s),
                command_gap_s=float(answer.get("command_gap_s") or 0),
            ),
        )
        connection.upgrade(
            application.response,
            # A charger that offers none may be assumed to speak one (row 1): no header then.
            subprotocol=subprotocol if subprotocol in application.offer.subprotocols else None,
            max_frame_bytes=services.policy.max_frame_bytes,
            session=session,
            allowance=self._allowances.get(identity),
        )
        self._registry.add(connection, session)
        logger.info(
            "%s connected from %s (connection %d, %s, %s)",
            identity,
            connection.remote_address,
            connection_id,
            subprotocol,
            connection.tls_version or "no TLS",
        )

    def _on_end(self, connection: Connection, code: int, reason: str) -> None:
        connection.visit.end()
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

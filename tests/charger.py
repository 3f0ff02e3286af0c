"""A charge point of our own, speaking OCPP 1.6J on `websockets` and JSON, nothing of the bridge."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

__all__ = [
    "Boot",
    "CallHandler",
    "CallRefused",
    "Charger",
    "ChargerError",
    "ConnectionLost",
    "FrameListener",
    "HandshakeRefused",
    "IdTagInfo",
    "Reading",
    "Refusal",
    "Start",
    "ocpp_time",
]

FrameListener = Callable[[str, str], None]
"""Told of every frame: "sent" or "received", and its text."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A CALLERROR that the charger answers with (OCPP-J 1.6 §4.2.3)."""

    code: str
    description: str = ""


CallHandler = Callable[[str, dict[str, Any]], dict[str, Any] | Refusal | None]
"""Answers what the central system asks: action and payload; None leaves it unanswered."""


class ChargerError(Exception):
    """Base of what can go wrong at the charger's end."""


class HandshakeRefused(ChargerError):
    """The server answered the upgrade with an HTTP status of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the upgrade was refused with HTTP status {status}")
        self.status = status


class ConnectionLost(ChargerError):
    """There is no socket, or it closed before the answer came (1006: without a close frame)."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"the connection was lost (close code {code} {reason})")
        self.code = code
        self.reason = reason


class CallRefused(ChargerError):
    """A CALLERROR came back (OCPP-J 1.6 §4.2.3)."""

    def __init__(self, action: str, code: str, description: str) -> None:
        super().__init__(f"{action} was answered with {code}: {description}")
        self.action = action
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Boot:
    """BootNotification.conf, OCPP 1.6 §6.4."""

    status: str
    current_time: datetime
    interval_s: int


@dataclass(frozen=True, slots=True)
class IdTagInfo:
    """What the central system says of a token, OCPP 1.6 §7.27."""

    status: str
    expires_at: datetime | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """StartTransaction.conf, OCPP 1.6 §6.46."""

    transaction_id: int
    id_tag_info: IdTagInfo


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows at one moment. The register counts in Wh and never goes back."""

    at: datetime
    energy_wh: int
    power_w: int
    soc_percent: int | None = None

    def payload(self) -> dict[str, Any]:
        """Return the MeterValue of OCPP 1.6 §7.33, three phases at 230 V."""
        current = f"{self.power_w / 690:.1f}"
        samples = [
            _sample(str(self.energy_wh), "Energy.Active.Import.Register", "Wh"),
            _sample(str(self.power_w), "Power.Active.Import", "W"),
            *(
                _sample(current, "Current.Import", "A") | {"phase": phase}
                for phase in ("L1", "L2", "L3")
            ),
        ]
        if self.soc_percent is not None:
            samples.append(_sample(str(self.soc_percent), "SoC", "Percent") | {"location": "EV"})
        return {"timestamp": ocpp_time(self.at), "sampledValue": samples}


def _sample(value: str, measurand: str, unit: str) -> dict[str, str]:
    return {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit}


def ocpp_time(moment: datetime) -> str:
    """Return `moment` as chargers write it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Charger:
    """One charge point and its socket. After a loss, `connect` makes a new one.

    Calls go out one at a time (OCPP-J 1.6 §4.1.1). What the central system calls is answered
    as `on_call` says, and with NotImplemented without it.
    """

    def __init__(
        self,
        url: str,
        identity: str,
        key: str | bytes | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        subprotocols: Sequence[str] = ("ocpp1.6",),
        answer_timeout_s: float = 30.0,
        on_frame: FrameListener | None = None,
        on_call: CallHandler | None = None,
    ) -> None:
        """`url` is the server's, without the identity; `key` None sends no Authorization.

        `tls` goes with an address of wss: and holds the charger's own certificate, if any.
        """
        self.identity = identity
        self._uri = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self._key = key.encode() if isinstance(key, str) else key
        self._tls = tls
        self._subprotocols = [Subprotocol(name) for name in subprotocols]
        self._answer_timeout_s = answer_timeout_s
        self._on_frame = on_frame
        self._on_call = on_call
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        # Message id -> the answer somebody waits for; emptied with an error by a lost socket.
        self._pending: dict[str, asyncio.Future[list[Any]]] = {}
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def subprotocol(self) -> str | None:
        """What the server chose, None when it chose nothing or there is no socket."""
        return self._socket.subprotocol if self._socket is not None else None

    async def connect(self) -> None:
        """Open the socket. Raises HandshakeRefused, or ConnectionLost when nobody answers."""
        await self.close()
        headers = {}
        if self._key is not None:
            token = base64.b64encode(self.identity.encode() + b":" + self._key).decode()
            headers["Authorization"] = f"Basic {token}"
        try:
            self._socket = await connect(
                self._uri,
                ssl=self._tls,
                subprotocols=self._subprotocols,
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                open_timeout=self._answer_timeout_s,
                close_timeout=2,
                proxy=None,
            )
        except InvalidStatus as error:
            raise HandshakeRefused(error.response.status_code) from error
        except (OSError, EOFError, TimeoutError, InvalidHandshake) as error:
            raise ConnectionLost(1006, type(error).__name__) from error
        self._reader = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        """Close the socket; calls that wait get ConnectionLost. Harmless without a socket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
        self._socket = self._reader = None

    def abort(self) -> None:
        """Drop the TCP connection without a word, as a loss of power does."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def wait_closed(self) -> tuple[int, str]:
        """Wait until the socket is closed; return the close code and reason."""
        if self._socket is None:
            return 1006, ""
        await self._socket.wait_closed()
        return self._socket.close_code or 1006, self._socket.close_reason or ""

    async def send_text(self, text: str) -> None:
        """Send a frame as it is. Raises ConnectionLost."""
        if self._socket is None:
            raise ConnectionLost(1006, "not connected")
        if self._on_frame is not None:
            self._on_frame("sent", text)
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def call(
        self, action: str, payload: dict[str, Any], *, message_id: str | None = None
    ) -> dict[str, Any]:
        """Send a CALL and return the payload of its answer.

        Raises CallRefused for a CALLERROR, ConnectionLost, and TimeoutError when the socket
        stays open without an answer.
        """
        message_id = str(uuid.uuid4()) if message_id is None else message_id
        async with self._turn:
            answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
            self._pending[message_id] = answer
            try:
                frame = [2, message_id, action, payload]
                await self.send_text(json.dumps(frame, separators=(",", ":")))
                async with asyncio.timeout(self._answer_timeout_s):
                    elements = await answer
            finally:
                self._pending.pop(message_id, None)
        if elements[0] == 4:
            raise CallRefused(action, str(elements[2]), str(elements[3]))
        result: dict[str, Any] = elements[2]
        return result

    async def boot(self, **fields: str) -> Boot:
        """Send BootNotification; `fields` overrides and adds to what it says of the hardware."""
        hardware = {
            "chargePointVendor": "Voltaro",
            "chargePointModel": "Simulator",
            "chargePointSerialNumber": f"SIM-{self.identity}"[:25],
            "firmwareVersion": "1.0.0",
            "meterType": "Simulated",
        }
        answer = await self.call("BootNotification", hardware | fields)
        return Boot(
            status=answer["status"],
            current_time=_time(answer["currentTime"]),
            interval_s=answer["interval"],
        )

    async def heartbeat(self) -> datetime:
        """Send Heartbeat and return the central system's clock."""
        return _time((await self.call("Heartbeat", {}))["currentTime"])

    async def status(
        self, connector_id: int, status: str, *, at: datetime, error_code: str = "NoError"
    ) -> None:
        """Send StatusNotification; connector 0 is the charge point itself."""
        await self.call(
            "StatusNotification",
            {
                "connectorId": connector_id,
                "errorCode": error_code,
                "status": status,
                "timestamp": ocpp_time(at),
            },
        )

    async def authorize(self, id_token: str) -> IdTagInfo:
        """Send Authorize."""
        return _id_tag_info((await self.call("Authorize", {"idTag": id_token}))["idTagInfo"])

    async def start(
        self, connector_id: int, id_token: str, *, meter_wh: int, at: datetime
    ) -> Start:
        """Send StartTransaction. A refused token still gets a transaction id (OCPP 1.6 §4.8)."""
        answer = await self.call(
            "StartTransaction",
            {
                "connectorId": connector_id,
                "idTag": id_token,
                "meterStart": meter_wh,
                "timestamp": ocpp_time(at),
            },
        )
        return Start(answer["transactionId"], _id_tag_info(answer["idTagInfo"]))

    async def meter_values(
        self, connector_id: int, transaction_id: int, readings: Sequence[Reading]
    ) -> None:
        """Send MeterValues of a running transaction."""
        await self.call(
            "MeterValues",
            {
                "connectorId": connector_id,
                "transactionId": transaction_id,
                "meterValue": [reading.payload() for reading in readings],
            },
        )

    async def stop(
        self,
        transaction_id: int,
        *,
        meter_wh: int,
        at: datetime,
        id_token: str | None = None,
        reason: str = "Local",
    ) -> IdTagInfo | None:
        """Send StopTransaction; the answer says something of the token when one is given."""
        payload: dict[str, Any] = {
            "transactionId": transaction_id,
            "meterStop": meter_wh,
            "timestamp": ocpp_time(at),
            "reason": reason,
        }
        if id_token is not None:
            payload["idTag"] = id_token
        answer = await self.call("StopTransaction", payload)
        return _id_tag_info(answer["idTagInfo"]) if "idTagInfo" in answer else None

    async def _read(self, socket: ClientConnection) -> None:
        """Hand answers to whoever waits for them, until the socket closes."""
        try:
            async for message in socket:
                text = message if isinstance(message, str) else message.decode()
                if self._on_frame is not None:
                    self._on_frame("received", text)
                elements = json.loads(text)
                if elements[0] == 2:
                    await self._answer(elements)
                elif (answer := self._pending.get(elements[1])) is not None and not answer.done():
                    answer.set_result(elements)
        except (ConnectionClosed, ConnectionLost):
            pass
        finally:
            lost = ConnectionLost(socket.close_code or 1006, socket.close_reason or "")
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(lost)

    async def _answer(self, call: list[Any]) -> None:
        """Answer a CALL of the central system: [2, message id, action, payload]."""
        if self._on_call is None:
            answer: dict[str, Any] | Refusal | None = Refusal(
                "NotImplemented", "a simulated charger"
            )
        else:
            answer = self._on_call(call[2], call[3])
        if answer is None:
            return
        frame = (
            [4, call[1], answer.code, answer.description, {}]
            if isinstance(answer, Refusal)
            else [3, call[1], answer]
        )
        await self.send_text(json.dumps(frame, separators=(",", ":")))


def _lost(error: ConnectionClosed) -> ConnectionLost:
    close = error.rcvd
    return ConnectionLost(1006) if close is None else ConnectionLost(close.code, close.reason)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _id_tag_info(fields: dict[str, Any]) -> IdTagInfo:
    expiry = fields.get("expiryDate")
    return IdTagInfo(
        status=fields["status"],
        expires_at=_time(expiry) if expiry is not None else None,
        parent=fields.get("parentIdTag"),
    )

"""What simulated chargers send, made cheaply: the generator must not eat the cores it measures.

A client frame is masked with a key of zeros (RFC 6455 §5.3 asks for a random one against
proxies; there is none here), so that its payload needs no work per byte.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

__all__ = [
    "MESSAGES_PER_SESSION",
    "READING",
    "READINGS_PER_SESSION",
    "SCRIPTS",
    "Control",
    "Script",
    "handshake",
    "masked",
    "pong",
]

READINGS_PER_SESSION = 3
MESSAGES_PER_SESSION = 6 + READINGS_PER_SESSION
"""Authorize, StatusNotification three times, StartTransaction, MeterValues, StopTransaction."""

_TEXT = 0x81
_PONG = 0x8A
_NO_MASK = b"\0\0\0\0"
_DAY_S = 86_400
_SESSION_S = 1800
_POWER_W = 10_800

READING = (
    b'{"timestamp":"%b","sampledValue":['
    b'{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    b'"unit":"Wh"},'
    b'{"value":"10800","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"15.7","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1",'
    b'"unit":"A"},'
    b'{"value":"15.6","context":"Sample.Periodic","measurand":"Current.Import","phase":"L2",'
    b'"unit":"A"},'
    b'{"value":"15.8","context":"Sample.Periodic","measurand":"Current.Import","phase":"L3",'
    b'"unit":"A"},'
    b'{"value":"%d","context":"Sample.Periodic","measurand":"SoC","location":"EV",'
    b'"unit":"Percent"}]}'
)
"""A meter value with six samples; takes the time, the register in Wh and the state of charge."""

Script = Generator[bytes, bytes, None]
"""Yields one charger's calls as text and is sent the text of each answer; returns when done."""


@dataclass(slots=True)
class Control:
    """What the scripts of a phase share."""

    began_at: float
    """Unix time; every phase has its own, so that no two tell the same story."""
    is_ending: bool = False
    """Set in the end: a script finishes what it has begun, so that no session stays open."""

    @property
    def prefix(self) -> bytes:
        """What message ids begin with: a repeated one would be answered from the cache."""
        return b"%x." % int(self.began_at * 1000)


def heartbeats(control: Control, _id_token: bytes) -> Script:
    """Heartbeats, one after the other."""
    prefix = control.prefix
    number = 0
    while not control.is_ending:
        number += 1
        yield b'[2,"%b%x","Heartbeat",{}]' % (prefix, number)


def meter_values(control: Control, id_token: bytes) -> Script:
    """One long session: every reading is a second later and 3 Wh more. It lies a day back."""
    start_s = control.began_at - _DAY_S
    register = int(control.began_at)
    prefix = control.prefix
    reply = yield _start(prefix + b"start", id_token, register, start_s)
    transaction_id = _transaction_id(reply)
    number = 0
    while not control.is_ending:
        number += 1
        yield (
            b'[2,"%b%x","MeterValues",{"connectorId":1,"transactionId":%b,"meterValue":[%b]}]'
            % (
                prefix,
                number,
                transaction_id,
                READING % (_clock(start_s + number), register + 3 * number, 40),
            )
        )
    yield _stop(
        prefix + b"stop", id_token, transaction_id, register + 3 * number, start_s + number + 1
    )


def sessions(control: Control, id_token: bytes) -> Script:
    """Whole sessions of half an hour and 5400 Wh, sixty days back, one after the other."""
    start_s = control.began_at - 60 * _DAY_S
    register = int(control.began_at)
    number = 0
    while not control.is_ending:
        number += 1
        prefix = b"%b%x." % (control.prefix, number)
        yield b'[2,"%b1","Authorize",{"idTag":"%b"}]' % (prefix, id_token)
        yield _status(prefix + b"2", b"Preparing", start_s)
        reply = yield _start(prefix + b"3", id_token, register, start_s)
        transaction_id = _transaction_id(reply)
        yield _status(prefix + b"4", b"Charging", start_s)
        for reading in range(1, READINGS_PER_SESSION + 1):
            offset_s = _SESSION_S * reading // (READINGS_PER_SESSION + 1)
            energy_wh = offset_s * _POWER_W // 3600
            yield (
                b'[2,"%b5%d","MeterValues",{"connectorId":1,"transactionId":%b,"meterValue":[%b]}]'
                % (
                    prefix,
                    reading,
                    transaction_id,
                    READING % (_clock(start_s + offset_s), register + energy_wh, 40 + reading),
                )
            )
        register += _SESSION_S * _POWER_W // 3600
        yield _stop(prefix + b"6", id_token, transaction_id, register, start_s + _SESSION_S)
        yield _status(prefix + b"7", b"Available", start_s + _SESSION_S)
        start_s += _SESSION_S + 60


SCRIPTS: dict[str, Callable[[Control, bytes], Script]] = {
    "heartbeat": heartbeats,
    "meter_values": meter_values,
    "sessions": sessions,
}


def handshake(host: str, identity: str, key: str) -> bytes:
    """Return the upgrade request of RFC 6455 §4.1 with Basic authentication."""
    credentials = base64.b64encode(f"{identity}:{key}".encode()).decode()
    return (
        f"GET /{identity} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
        f"Authorization: Basic {credentials}\r\n\r\n"
    ).encode()


def masked(payload: bytes, opcode: int = _TEXT) -> bytes:
    """Return a whole client frame (RFC 6455 §5.2) around `payload`."""
    size = len(payload)
    if size < 126:
        return bytes((opcode, 0x80 | size)) + _NO_MASK + payload
    return bytes((opcode, 0xFE)) + size.to_bytes(2, "big") + _NO_MASK + payload


def pong(payload: bytes) -> bytes:
    """Return the answer to a ping."""
    return masked(payload, _PONG)


def _clock(unix_s: float) -> bytes:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s)).encode()


def _status(message_id: bytes, status: bytes, at_s: float) -> bytes:
    return (
        b'[2,"%b","StatusNotification",'
        b'{"connectorId":1,"errorCode":"NoError","status":"%b","timestamp":"%b"}]'
        % (message_id, status, _clock(at_s))
    )


def _start(message_id: bytes, id_token: bytes, register: int, at_s: float) -> bytes:
    return (
        b'[2,"%b","StartTransaction",'
        b'{"connectorId":1,"idTag":"%b","meterStart":%d,"timestamp":"%b"}]'
        % (message_id, id_token, register, _clock(at_s))
    )


def _stop(
    message_id: bytes, id_token: bytes, transaction_id: bytes, register: int, at_s: float
) -> bytes:
    return (
        b'[2,"%b","StopTransaction",'
        b'{"transactionId":%b,"idTag":"%b","meterStop":%d,"timestamp":"%b","reason":"Local"}]'
        % (message_id, transaction_id, id_token, register, _clock(at_s))
    )


def _transaction_id(reply: bytes) -> bytes:
    """Read the number off a StartTransaction.conf without parsing the rest."""
    begin = reply.index(b'"transactionId":') + 16
    end = begin
    while reply[end : end + 1].isdigit():
        end += 1
    return reply[begin:end]

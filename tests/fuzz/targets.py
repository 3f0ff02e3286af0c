"""What must hold for any bytes: the properties that the fuzzer tries to break.

Each target takes bytes and raises AssertionError, or whatever the code under test raises.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
from collections.abc import Callable

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidHeaderValue
from websockets.http11 import Request
from websockets.server import ServerProtocol

from bridge import frames
from bridge.handshake import Offer, basic_credentials, is_upgrade, path_segments
from bridge.proxies import HEAD_BYTES, Proxies, body_size, parse_body
from bridge.repair import repaired
from bridge.schemas import MAX_VIOLATIONS, Schemas

__all__ = ["TARGETS", "check_frame", "check_handshake", "check_proxy"]

MAX_DEPTH = 32
MAX_CHARACTERS = 255

PROXY = "10.0.0.1"

_schemas = Schemas("1.6")
_proxies = [
    (
        Proxies.from_environment(
            {"VOLTARO_TRUSTED_PROXIES": "10.0.0.0/8,fd00::/8", "VOLTARO_FORWARDED_HEADER": name}
        ),
        name,
    )
    for name in ("X-Forwarded-For", "Forwarded")
]


def check_frame(data: bytes) -> None:
    """Any text is one of four things, says the same when it is said again, and is not deep."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # The socket is closed with 1007 before anybody looks (RFC 6455 §8.1).
        return
    frame = frames.parse(text, max_depth=MAX_DEPTH)
    if isinstance(frame, frames.Call):
        _check_call(frame)
    elif isinstance(frame, frames.Answer):
        assert frame.message_type in (frames.CALL_RESULT, frames.CALL_ERROR)
        assert len(frame.message_id) <= MAX_CHARACTERS
        assert _depth(frame.payload) <= MAX_DEPTH
        msgspec.json.decode(frame.payload, type=msgspec.Raw)
    elif isinstance(frame, frames.Malformed):
        assert len(frame.message_id) <= MAX_CHARACTERS
        error = frames.serialize_error(frame.message_id, frame.error_code, frame.reason)
        # What cannot be said in UTF-8 cannot be said at all.
        assert json.loads(error)[:2] == [frames.CALL_ERROR, frame.message_id]
    else:
        assert isinstance(frame, frames.Ignored)
        assert frame.reason
    mended = repaired(text)
    assert repaired(mended) == mended


def _check_call(call: frames.Call) -> None:
    assert len(call.message_id) <= MAX_CHARACTERS
    assert 0 < len(call.action) <= MAX_CHARACTERS
    assert call.payload[0] == "{"
    assert _depth(call.payload) <= MAX_DEPTH
    head = msgspec.json.encode([frames.CALL, call.message_id, call.action])[:-1].decode()
    again = frames.parse(f"{head},{call.payload}]", max_depth=MAX_DEPTH)
    assert again == frames.Call(call.message_id, call.action, call.payload), again
    violations = _schemas.request_violations(call.action, call.payload)
    assert len(violations) <= MAX_VIOLATIONS
    assert all("\0" not in text for violation in violations for text in violation.values())
    answer = frames.parse(
        frames.serialize_result(call.message_id, call.payload).decode(), max_depth=MAX_DEPTH
    )
    assert answer == frames.Answer(frames.CALL_RESULT, call.message_id, call.payload), answer


def _depth(text: str) -> int:
    """How many brackets are open at once in JSON text, counted in the plainest way."""
    depth = most = 0
    is_string = is_escaped = False
    for character in text:
        if is_string:
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                is_string = False
        elif character == '"':
            is_string = True
        elif character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
    return most


def check_handshake(data: bytes) -> None:
    """Any bytes end in a request that is read, or are refused by the library."""
    protocol = ServerProtocol()
    protocol.receive_data(data)
    protocol.receive_eof()
    for event in protocol.events_received():
        if isinstance(event, Request):
            _check_request(protocol, event)
    path, _, rest = data.decode("latin-1").partition("\n")
    headers = Headers()
    with contextlib.suppress(InvalidHeaderValue):
        # What the library lets through, whatever it looks like.
        headers["Authorization"] = rest.strip()
    _check_parts(path, headers)


def _check_request(protocol: ServerProtocol, request: Request) -> None:
    is_upgrade(request.headers)
    _check_parts(request.path, request.headers)
    if "Sec-WebSocket-Protocol" in request.headers:
        del request.headers["Sec-WebSocket-Protocol"]
    try:
        response = protocol.accept(request)
    except InvalidHandshake as error:
        raise AssertionError("the library answers what is wrong") from error
    assert 100 <= response.status_code < 600


def _check_parts(path: str, headers: Headers) -> None:
    segments = path_segments(path)
    if segments is not None:
        assert all(0 < len(segment) <= MAX_CHARACTERS for segment in segments)
        assert all("\0" not in segment for segment in segments)
    user, password = basic_credentials(headers)
    assert (user is None) == (password is None)
    if user is not None and password is not None:
        assert "\0" not in user
        user.encode()
        assert len(password) <= 4096
    offer = Offer.from_request(Request(path, headers))
    if offer is not None:
        assert offer.path == segments
        assert len(offer.subprotocols) <= 32
        assert all(0 < len(name) <= MAX_CHARACTERS for name in offer.subprotocols)
        if password:
            assert repr(password) not in repr(offer)


def check_proxy(data: bytes) -> None:
    """Any header of a proxy names an address that is one, or nobody's."""
    head, body = data[:HEAD_BYTES], data[HEAD_BYTES:]
    with contextlib.suppress(ValueError):
        if len(head) == HEAD_BYTES:
            origin = parse_body(head, body[: body_size(head)])
            if origin.address is not None:
                ipaddress.ip_address(origin.address)
            assert origin.tls_version is None or 0 < len(origin.tls_version) <= 20
    for proxies, name in _proxies:
        headers = Headers()
        for line in data.decode("latin-1").split("\n")[:8]:
            with contextlib.suppress(InvalidHeaderValue):
                headers[name] = line.strip()
        ipaddress.ip_address(proxies.find_client(headers, PROXY))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "frames": check_frame,
    "handshake": check_handshake,
    "proxy": check_proxy,
}

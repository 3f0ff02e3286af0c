"""Where the fuzzer begins: real frames, broken ones, and what it has found before."""

from __future__ import annotations

__all__ = ["SEEDS"]

_HANDSHAKE = (
    b"GET /%s HTTP/1.1\r\nHost: bridge\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)
_START = (
    b'[2,"3","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":1,'
    b'"timestamp":"2026-01-01T00:00:00Z"}]'
)
_METER_VALUES = (
    b'[2,"4","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z",'
    b'"sampledValue":[{"value":"1.5","unit":"kWh","measurand":"Energy.Active.Import.Register"}]}]}]'
)

_PROXY_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

SEEDS: dict[str, tuple[bytes, ...]] = {
    "frames": (
        b'[2,"1","Heartbeat",{}]',
        b'[2,"2","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
        _START,
        _METER_VALUES,
        b'[3,"5",{"status":"Accepted"}]',
        b'[4,"6","InternalError","why",{"a":1}]',
        b'[2,7,"Heartbeat",null]',
        b'["2","8","Heartbeat",{}]',
        b'[2.0,"9","Heartbeat",{},1]',
        b'[2,"10","MeterValues",{"sampledValue":[,{}]}]',
        b'[2,"11","StopTransaction",{"transactionId":,"a":1}]',
        b'[2,"12","StartTrans',
        b'[2,"13","Authorize",{"idTag":"AB\\q\\u12"}]',
        b'[2,"14","Authorize",{"idTag":"AB\x10\x0e\n"}]',
        b'[2,"15","Authorize",{"idTag":"\\ud800"}]',
        b'[2,"16","Authorize",{"idTag":"\\ud83d\\ude00\\u0000"}]',
        b'\xef\xbb\xbf[2,"17","Heartbeat",{}]\x00\r\n',
        b'[2,"18","Heartbeat",' + b'{"a":[' * 40 + b"]}" * 40 + b"]",
        b'[2,"19","Authorize",{"idTag":"{[{[\\"{["}]',
        b'[2,"20","MeterValues",{"connectorId":1e400,"meterValue":-0.0}]',
        b'[2,"21","MeterValues",{"connectorId":123456789012345678901234567890}]',
        b'[9,"22",{}]',
        b"[]",
        b"{}",
        b"[[[[[[",
        b'"',
        b'[2,"\\',
        b"[true,null,[],{}]",
    ),
    "handshake": (
        _HANDSHAKE % (b"CP1", b"Authorization: Basic Q1AxOmtleQ==\r\n"),
        _HANDSHAKE % (b"ocpp/4/CP1/", b"Sec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1\r\n"),
        _HANDSHAKE % (b"CP%201?x=1#y", b"User-Agent: charger\r\n"),
        _HANDSHAKE % (b"CP%FF", b"Authorization: basic AAAA\r\nAuthorization: Basic AAA=\r\n"),
        _HANDSHAKE % (b"%", b"Sec-WebSocket-Extensions: permessage-deflate\r\n"),
        b"GET http://host/CP1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\nA:b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"/CP1\nBasic Q1AxOmtleTp3aXRoOmNvbG9ucw==",
        b"//a//b/%41%2f\nBasic /w==",
        b"ws://h:1/%00\nBasic Og==",
    ),
    "proxy": (
        _PROXY_SIGNATURE + bytes.fromhex("2111000cc0000201c00002027f8e2328"),
        _PROXY_SIGNATURE + bytes.fromhex("20000000"),
        _PROXY_SIGNATURE + bytes.fromhex("21210024") + bytes(36),
        _PROXY_SIGNATURE
        + bytes.fromhex("21110020c0000201c00002027f8e2328200011010000000021000754")
        + b"LSv1.3\0",
        _PROXY_SIGNATURE + bytes.fromhex("2111ffff"),
        b"192.0.2.1, 10.0.0.2\n[2001:db8::1]:443\nunknown",
        b'for="[2001:db8::1]:443";proto=https, for=192.0.2.1;by=_x\nfor=unknown',
        b'::ffff:192.0.2.1%eth0,,;\nfor="\n\x85',
    ),
}

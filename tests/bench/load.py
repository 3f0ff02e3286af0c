"""The load generator: many chargers in one process, each with one call outstanding.

    python -m tests.bench.load

takes commands as JSON lines on standard input and answers each with a JSON line. It is a plain
loop over epoll and sockets: a message costs it some ten microseconds, so that the cores belong
to what is measured. A charger sends its next call as soon as it has its answer (closed loop).
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.cpu import CpuMeter
from tests.bench.frames import SCRIPTS, Control, Script, handshake, masked, pong

__all__ = ["Generator", "main"]

_RECEIVE_BYTES = 65_536
_CONNECT_AT_ONCE = 64
_DEADLINE_S = 30.0
_WARM_ANSWERS = 4


@dataclass(slots=True)
class _Charger:
    """One socket and the script it plays."""

    socket: socket.socket
    id_token: bytes
    script: Script | None = None
    sent_at: float = 0.0
    answers: int = 0
    """Since the phase began."""
    buffer: bytes = b""
    """Bytes of a frame that has not come whole; nearly always empty."""


@dataclass(slots=True)
class _Tally:
    """What one phase counts."""

    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0
    refusal: str = ""


class Generator:
    """The chargers of one run."""

    def __init__(self) -> None:
        self._chargers: dict[int, _Charger] = {}
        self._poll = select.epoll()

    def connect(self, host: str, port: int, chargers: Sequence[Sequence[str]]) -> int:
        """Connect chargers, each [identity, key, id token]; return how many are open now."""
        for begin in range(0, len(chargers), _CONNECT_AT_ONCE):
            opening = []
            for identity, key, id_token in chargers[begin : begin + _CONNECT_AT_ONCE]:
                one = socket.create_connection((host, port), timeout=_DEADLINE_S)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                one.sendall(handshake(f"{host}:{port}", identity, key))
                opening.append(_Charger(one, id_token.encode()))
            for charger in opening:
                _finish_handshake(charger)
                charger.socket.setblocking(False)
                self._chargers[charger.socket.fileno()] = charger
                self._poll.register(charger.socket.fileno(), select.EPOLLIN)
        return len(self._chargers)

    def disconnect(self) -> None:
        """Close every socket."""
        for number, charger in self._chargers.items():
            self._poll.unregister(number)
            charger.socket.close()
        self._chargers.clear()

    def run(
        self, kind: str, warm_up_s: float, measure_s: float, processes: dict[str, int]
    ) -> dict[str, Any]:
        """Play the scripts of `kind`; measure after the warm-up; let them come to an end.

        `processes` maps a name to the id of a process whose CPU, children included, counts.
        Returns messages, seconds, p50_ms, p99_ms, refused, refusal and cpu (cores by name).
        """
        control = Control(began_at=time.time())
        meter = CpuMeter({**processes, "load": os.getpid()})
        gc.collect()
        for charger in self._chargers.values():
            charger.script = SCRIPTS[kind](control, charger.id_token)
            charger.answers = 0
            body = next(charger.script)
            charger.sent_at = time.perf_counter()
            charger.socket.send(masked(body))

        running = len(self._chargers)
        warm_up, tally = _Tally(), _Tally()
        running -= self._play(warm_up, until=time.perf_counter() + warm_up_s)
        # A thousand sessions take their time to start: nobody is measured before all have.
        deadline = time.perf_counter() + _DEADLINE_S
        while min(charger.answers for charger in self._chargers.values()) < _WARM_ANSWERS:
            if time.perf_counter() > deadline:
                raise TimeoutError("some chargers have too few answers after the warm-up")
            running -= self._play(warm_up, until=time.perf_counter() + 0.05)
        meter.start()
        began = time.perf_counter()
        running -= self._play(tally, until=began + measure_s)
        seconds = time.perf_counter() - began
        cores = meter.stop()
        control.is_ending = True
        deadline = time.perf_counter() + _DEADLINE_S
        wind_down = _Tally()
        while running:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{running} chargers have no answer")
            running -= self._play(wind_down, until=time.perf_counter() + 0.05)

        latencies = sorted(tally.latencies_s)
        refused = [one for one in (warm_up, tally, wind_down) if one.refused]
        return {
            "messages": len(latencies),
            "seconds": seconds,
            "p50_ms": _percentile(latencies, 0.50) * 1000,
            "p99_ms": _percentile(latencies, 0.99) * 1000,
            "refused": sum(one.refused for one in refused),
            "refusal": refused[0].refusal if refused else "",
            "cpu": cores,
        }

    def _play(self, tally: _Tally, *, until: float) -> int:
        """Answer what comes until a moment; return how many scripts came to their end."""
        ended = 0
        chargers, poll, now = self._chargers, self._poll.poll, time.perf_counter
        note = tally.latencies_s.append
        while (left := until - now()) > 0:
            for number, _event in poll(left, 1024):
                charger = chargers[number]
                data = charger.socket.recv(_RECEIVE_BYTES)
                if not data:
                    raise ConnectionError("the bridge closed a socket")
                reply = self._answer(charger, data)
                if reply is None:
                    continue
                received_at = now()
                charger.answers += 1
                note(received_at - charger.sent_at)
                if reply[1] != 0x33:
                    tally.refused += 1
                    tally.refusal = reply.decode(errors="replace")
                assert charger.script is not None
                try:
                    body = charger.script.send(reply)
                except StopIteration:
                    charger.script = None
                    ended += 1
                    continue
                charger.sent_at = received_at
                charger.socket.send(masked(body))
        return ended

    def _answer(self, charger: _Charger, data: bytes) -> bytes | None:
        """Take what was received; return the text frame in it, None when there is none yet."""
        if charger.buffer:
            data = charger.buffer + data
            charger.buffer = b""
        answer = None
        while data:
            size, begin = _header(data)
            if len(data) < begin + size:
                charger.buffer = data
                break
            payload, opcode, data = data[begin : begin + size], data[0], data[begin + size :]
            if opcode == 0x81:
                answer = payload
            elif opcode == 0x89:
                charger.socket.send(pong(payload))
            else:
                raise ConnectionError(f"the bridge sent {opcode:#x}: {payload!r}")
        return answer


def _header(data: bytes) -> tuple[int, int]:
    """Return size and place of an unmasked frame's payload; what is too short is endless."""
    size = data[1] if len(data) > 1 else 127
    if size < 126:
        return size, 2
    if size == 126 and len(data) >= 4:
        return int.from_bytes(data[2:4], "big"), 4
    return 1 << 30, 2


def _finish_handshake(charger: _Charger) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = charger.socket.recv(_RECEIVE_BYTES)
        if not more:
            raise ConnectionError(f"the bridge closed a handshake after {data!r}")
        data += more
    head, _, charger.buffer = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"the bridge refused a handshake: {head.splitlines()[0]!r}")


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def main() -> None:
    """Serve commands until standard input ends."""
    gc.disable()
    generator = Generator()
    for line in sys.stdin:
        command = json.loads(line)
        kind = command.pop("do")
        result: Any
        try:
            result = getattr(generator, kind)(**command)
        except (OSError, TimeoutError, ValueError) as error:
            print(json.dumps({"error": f"{kind}: {error}"}), flush=True)
            return
        print(json.dumps({"result": result}), flush=True)


if __name__ == "__main__":
    main()

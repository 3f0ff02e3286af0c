"""The fuzzer's properties hold for its seeds, and for what it tries in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS, check_frame, check_handshake

SECONDS = 3


@pytest.mark.parametrize(
    ("target", "data"),
    [(target, data) for target, seeds in SEEDS.items() for data in seeds],
)
def test_seeds_break_nothing(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.quirk(15, 33, 34, 36, 37)
@pytest.mark.parametrize("target", sorted(SEEDS))
def test_a_few_seconds_of_fuzzing_find_nothing(target: str) -> None:
    """The same inputs each time; `make fuzz` goes other ways, and on."""
    outcome = fuzz(target, seconds=SECONDS, seed=16)
    assert outcome.is_clean, f"{outcome.finding!r}\n{outcome.output[-3000:]}"
    assert "stat::number_of_executed_units" in outcome.output


LARGE = 1_000_000


@pytest.mark.parametrize(
    "data",
    [
        b"[" * LARGE,
        b'[2,"1","A",' + b"[" * LARGE,
        b'[2,"1","A",{"a":' + b'{"a":' * (LARGE // 5),
        b'[2,"1","' + b"\\" * LARGE,
        b'[2,"1","A",{"a":"' + b"\\u" * (LARGE // 2) + b'"}]',
        b'[2,"' + b"x" * LARGE + b'","A",{}]',
        b'[2,"1","A",{"a":[' + b"[]," * (LARGE // 3) + b"[]]}]",
        b'[2,"1","A",{"a":"' + b"\x00" * LARGE + b'"}]',
        b'"' * LARGE,
        b"[2," + b"9" * LARGE + b"]",
        b'[2,"1","MeterValues",{"meterValue":[' + b"{}," * (LARGE // 3) + b"{}]}]",
    ],
    ids=lambda data: data[:24].decode("latin-1"),
)
def test_a_large_frame_takes_no_time(data: bytes) -> None:
    """A megabyte of the worst: the bridge's event loop stands still for nobody."""
    assert _seconds(check_frame, data) < 2.5


def test_a_large_request_takes_no_time() -> None:
    data = b"GET /" + b"%41/" * (LARGE // 4) + b" HTTP/1.1\r\n\r\n"
    assert _seconds(check_handshake, data) < 2.5


def _seconds(check: Callable[[bytes], None], data: bytes) -> float:
    began = time.process_time()
    check(data)
    return time.process_time() - began

"""An unknown charger and a wrong key: the same answer, in the same time, to the last byte."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.chargers import (
    KEY,
    RawSocket,
    add_charger,
    basic,
    superuser,
    tuned_bridge,
    upgrade_request,
)
from tests.support.databases import Database
from tests.support.processes import RunningBridge

_ROUNDS = 30
# An answer takes a whole number of these; a slow hash that only one of the two needs is shorter.
_STEP_S = 0.1
_MOST_APART = 0.1


@pytest.fixture
def bridge(database: Database, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge that asks the database every time."""
    add_charger(database, "CP-KNOWN")
    with tuned_bridge(
        database, tmp_path, refusals_to_remember=1_000_000, refusal_s=_STEP_S
    ) as running:
        yield running


def _refusal(bridge: RunningBridge, path: str, authorization: str | None) -> tuple[bytes, float]:
    """The whole answer without its date, and how long it took from the last byte of the request."""
    with RawSocket(bridge) as raw:
        raw.send(upgrade_request(path, authorization=authorization))
        began = time.perf_counter()
        answer = raw.receive_all()
        took = time.perf_counter() - began
    return re.sub(rb"\r\nDate: [^\r]*", b"", answer), took


def test_the_whole_answer_is_the_same(bridge: RunningBridge) -> None:
    """Whatever is wrong, and from memory as well."""
    requests = [
        ("/CP-KNOWN", basic("CP-KNOWN", b"wrong")),
        ("/CP-NEVER", basic("CP-NEVER", b"wrong")),
        ("/CP-NEVER", basic("CP-NEVER", KEY)),
        ("/CP-KNOWN", basic("CP-NEVER", KEY)),
        ("/CP-KNOWN", None),
        ("/CP-NEVER", None),
        ("/greenway/CP-KNOWN", basic("CP-KNOWN", b"wrong")),
        ("/bluecharge/CP-KNOWN", basic("CP-KNOWN", KEY)),
    ]
    answers = {_refusal(bridge, *request)[0] for request in requests}
    assert len(answers) == 1
    assert answers.pop().startswith(b"HTTP/1.1 401 Unauthorized\r\n")


def test_memory_answers_like_the_database(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-KNOWN")
    with tuned_bridge(database, tmp_path, refusals_to_remember=3) as bridge:
        answers = {
            _refusal(bridge, f"/{identity}", basic(identity, b"wrong"))[0]
            for identity in ("CP-KNOWN", "CP-NEVER")
            for _ in range(6)
        }
    assert len(answers) == 1


def test_the_answer_takes_the_same_time(bridge: RunningBridge, database: Database) -> None:
    """Interleaved, so that whatever else happens on the machine happens to both."""
    requests = {
        "wrong key": ("/CP-KNOWN", basic("CP-KNOWN", b"a wrong key of a length")),
        "unknown": ("/CP-NEVER", basic("CP-NEVER", b"a wrong key of a length")),
    }
    # A charger with a key that a person chose is the one whose look-up takes longest.
    with superuser(database) as connection:
        connection.execute(
            "insert into core.charge_point_keys"
            " (tenant_id, charge_point_id, key_hash, is_human_chosen)"
            " select cp.tenant_id, cp.id, convert_to(extensions.crypt(encode("
            "fleet.hash_charge_point_key('other'), 'hex'), extensions.gen_salt('bf', 8)), 'UTF8'),"
            " true from core.charge_points as cp where cp.identity = 'CP-KNOWN'"
        )
    for attempt in range(3):
        took: dict[str, list[float]] = {name: [] for name in requests}
        for _ in range(_ROUNDS):
            for name in random.sample(list(requests), 2):
                took[name].append(_refusal(bridge, *requests[name])[1])
        medians = {name: statistics.median(times) for name, times in took.items()}
        apart = abs(medians["wrong key"] - medians["unknown"]) / min(medians.values())
        if apart < _MOST_APART:
            return
        # A machine that was busy with something else is no finding; a difference comes again.
        assert attempt < 2, f"{apart:.0%} apart: {medians}"

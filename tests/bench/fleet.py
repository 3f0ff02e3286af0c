"""What the benchmarks of the bridge run on: an installation full of charge points."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Self

from db.settings import ROOT
from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.e2e.installation import Installation

__all__ = ["CHARGERS", "FIRST_SERIAL", "LoadGenerator", "identity_of", "running_fleet"]

CHARGERS = 2_400
FIRST_SERIAL = 10_000
"""Serial numbers have five digits, so that names sort as they count."""
_TENANTS = 4


@contextlib.contextmanager
def running_fleet() -> Iterator[tuple[Installation, list[Account]]]:
    """An installation with CHARGERS charge points of several tenants; no bridge runs yet.

    PostgreSQL keeps its own settings for durability: fsync and synchronous_commit are on.
    """
    with Installation.running() as installation:
        chargers: list[Account] = []
        with installation.owner() as owner:
            for number in range(_TENANTS):
                # Tenants take turns, so that any number of chargers is of all of them.
                identities = [identity_of(serial) for serial in range(number, CHARGERS, _TENANTS)]
                tenant_id = add_tenant(owner, f"bench-t{number:02}")
                chargers += add_chargers(owner, tenant_id, identities)
            # What is measured is how fast it goes, from few chargers of one address.
            owner.execute(
                "update ops.settings set value = '1000000000'"
                " where name in ('bridge.calls_per_s', 'bridge.bytes_per_s')"
            )
            owner.execute("analyze")
        yield installation, sorted(chargers, key=lambda one: one.identity)


def identity_of(serial: int) -> str:
    """The identity of a charge point; its token is TAG- and that."""
    return f"BENCH{FIRST_SERIAL + serial}"


class LoadGenerator:
    """The process of tests.bench.load and the pipe to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def connect(self, installation: Installation, chargers: Sequence[Account]) -> int:
        """Connect more chargers; return how many are connected now."""
        return int(
            self._do(
                "connect",
                host="127.0.0.1",
                port=installation.settings.ocpp_port,
                chargers=[[one.identity, one.key, one.id_token] for one in chargers],
            )
        )

    def disconnect(self) -> None:
        """Close every socket."""
        self._do("disconnect")

    def run(
        self, kind: str, *, warm_up_s: float, measure_s: float, processes: dict[str, int]
    ) -> dict[str, Any]:
        """Play `kind` with all connected chargers; see tests.bench.load.Generator.run."""
        result: dict[str, Any] = self._do(
            "run", kind=kind, warm_up_s=warm_up_s, measure_s=measure_s, processes=processes
        )
        return result

    def _do(self, command: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "it ended"}')
        if "error" in answer:
            raise RuntimeError(f"the load generator failed: {answer['error']}")
        return answer["result"]

"""The same SQL functions called singly by pgbench: what the bridge is compared with.

Sixteen clients, prepared statements, one message a call and a commit, each client with chargers
of its own. Nothing else is in the way: no socket, no JSON Schema, no framing.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from tests.bench.cpu import CpuMeter
from tests.bench.fleet import FIRST_SERIAL
from tests.bench.frames import MESSAGES_PER_SESSION, READING, READINGS_PER_SESSION
from tests.charger import ocpp_time
from tests.e2e.accounts import Account
from tests.e2e.installation import Installation

__all__ = ["CLIENTS", "Single", "SingleCalls"]

CLIENTS = 16
_THREADS = 2
_WARM_UP_S = 1
_FIRST_TRANSACTION = 1_000_000
_LATER_REGISTER_WH = 100_000_000
"""More than the sessions that were run before can have counted."""
_TURNS_OF_A_RUN = 400
"""More sessions than one client gets through in a run."""
_TPS = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Single:
    """What pgbench measured."""

    messages_per_s: float
    latency_ms: float
    """Mean time of one message."""
    cpu: dict[str, float]
    """Cores, by process."""


class SingleCalls:
    """The chargers of the comparison, each with an open connection and a running session."""

    def __init__(self, installation: Installation, chargers: Sequence[Account]) -> None:
        """Open the connections as the bridge would. `chargers` are used by nobody else."""
        self._installation = installation
        self._per_client = len(chargers) // CLIENTS
        self._first_serial = int(chargers[0].identity.removeprefix("BENCH")) - FIRST_SERIAL
        self._runs = 0
        with psycopg.connect(installation.settings.bridge_url, autocommit=True) as bridge:
            self._first_connection = _open_connections(bridge, chargers)

    def _start_sessions(self) -> None:
        """Start a session at every charger, with a transaction id that pgbench can compute."""
        count = self._per_client * CLIENTS
        with psycopg.connect(self._installation.settings.bridge_url, autocommit=True) as bridge:
            for number in range(count):
                bridge.execute(
                    "select from ocpp.handle_calls(array[%s::bigint], array['start'],"
                    " array['StartTransaction'], array[%s], array[null]::text[], array[now()])",
                    [
                        self._first_connection + number,
                        json.dumps(
                            {
                                "connectorId": 1,
                                "idTag": f"TAG-BENCH{FIRST_SERIAL + self._first_serial + number}",
                                "meterStart": _LATER_REGISTER_WH,
                                "timestamp": ocpp_time(datetime.now(UTC) - timedelta(days=1)),
                            }
                        ),
                    ],
                )
        with self._installation.owner() as owner:
            changed = owner.execute(
                "update core.sessions as s"
                " set transaction_id = (%s + substr(c.identity, 6)::integer)::text"
                " from core.charge_points as c, ops.connections as o"
                " where c.tenant_id = s.tenant_id and c.id = s.charge_point_id"
                " and o.tenant_id = c.tenant_id and o.charge_point_id = c.id"
                " and o.id >= %s and o.id < %s and s.state = 'active'",
                [_FIRST_TRANSACTION, self._first_connection, self._first_connection + count],
            ).rowcount
            if changed != count:
                raise RuntimeError(f"{changed} sessions run, not {count}")

    def run(self, kind: str, *, measure_s: int) -> Single:
        """Run one of heartbeat, meter_values and sessions; raises when an answer was an error."""
        script = self._installation.home / f"{kind}.pgbench"
        script.write_text(_SCRIPTS[kind])
        if kind == "meter_values":
            self._start_sessions()
        began = datetime.now(UTC)
        self._pgbench(script, _WARM_UP_S)
        with self._installation.owner() as owner:
            # What autovacuum does within a minute: plans made for empty tables are no measure.
            owner.execute("analyze core.sessions, core.session_events, core.meter_values")
            owner.execute("analyze core.authorizations, core.connectors, ops.message_log")
        processes = {"postgres": self._installation.cluster.running_pid() or 0}
        meter = CpuMeter(processes)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        meter.start()
        output = self._pgbench(script, measure_s)
        cpu = meter.stop()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cpu["pgbench"] = spent / measure_s
        tps = _TPS.search(output)
        failed = _FAILED.search(output)
        if tps is None or failed is None or failed[1] != "0":
            raise RuntimeError(f"pgbench failed:\n{output}")
        self._check(began)
        messages = MESSAGES_PER_SESSION if kind == "sessions" else 1
        messages_per_s = float(tps[1]) * messages
        return Single(messages_per_s, CLIENTS / messages_per_s * 1000, cpu)

    def _pgbench(self, script: Path, seconds: int) -> str:
        url = urlsplit(self._installation.settings.bridge_url)
        variables = {
            "per_client": self._per_client,
            "first_connection": self._first_connection,
            "first_tag": FIRST_SERIAL + self._first_serial,
            "turn": self._runs * _TURNS_OF_A_RUN,
        }
        self._runs += 1
        result = subprocess.run(
            [
                self._installation.cluster.tool("pgbench"),
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={CLIENTS}",
                f"--jobs={_THREADS}",
                f"--time={seconds}",
                f"--file={script}",
                *(f"--define={name}={value}" for name, value in variables.items()),
                f"--host={url.hostname}",
                f"--port={url.port}",
                f"--username={url.username}",
                url.path[1:],
            ],
            env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise RuntimeError(f"pgbench failed:\n{result.stderr[-2000:]}")
        return result.stdout

    def _check(self, began: datetime) -> None:
        with self._installation.owner() as owner:
            row = owner.execute(
                "select action, payload from ops.message_log"
                " where received_at >= %s and error_code is not null limit 1",
                [began],
            ).fetchone()
        if row is not None:
            raise RuntimeError(f"a call of pgbench was refused: {row}")


def _open_connections(
    bridge: psycopg.Connection[tuple[Any, ...]], chargers: Sequence[Account]
) -> int:
    """Open a connection for each charger; return the first id, the others follow it."""
    bridge_id = uuid.uuid4()
    bridge.execute("select ocpp.start_bridge(%s, 'pgbench')", [bridge_id])
    ids = []
    for one in chargers:
        row = bridge.execute(
            "select ocpp.open_connection(%s, %s, %s, %s, %s, '127.0.0.1', null, null, 'pgbench')",
            [bridge_id, [one.identity], one.identity, one.key.encode(), ["ocpp1.6"]],
        ).fetchone()
        if row is None or row[0]["status"] != 101:
            raise RuntimeError(f"{one.identity} may not connect: {row}")
        ids.append(int(row[0]["connection_id"]))
    if ids != list(range(ids[0], ids[0] + len(ids))):
        raise RuntimeError("the ids of the connections do not follow each other")
    return ids[0]


def _call(action: str, payload: str, columns: str = "reply, error_code") -> str:
    """A call of one message; `payload` is an SQL expression."""
    return (
        f"select {columns} from ocpp.handle_calls(array[:connection::bigint],"  # noqa: S608 - our own text
        f" array['p' || :message::text], array['{action}'], array[{payload}],"
        " array[null]::text[], array[clock_timestamp()])"
    )


def _clock(moment: str) -> str:
    """An SQL expression of a JSON string. (pgbench would take the colons of a format for names.)"""
    return f"left(to_json(({moment}) at time zone 'UTC')::text, -1) || 'Z\"'"


def _reading(moment: str, register: str) -> str:
    """An SQL expression of one meter value, the same text as the load generator's."""
    text = (READING % (b"|", -1, 40)).decode()
    before, _, rest = text.partition('"|"')
    between, _, after = rest.partition("-1")
    return f"'{before}' || {_clock(moment)} || '{between}' || ({register})::text || '{after}'"


def _meter_values(transaction_id: str, moment: str, register: str) -> str:
    return _call(
        "MeterValues",
        f"""'{{"connectorId":1,"transactionId":' || ({transaction_id})::text"""
        f""" || ',"meterValue":[' || {_reading(moment, register)} || ']}}'""",
    )


def _status(status: str, moment: str) -> str:
    return _call(
        "StatusNotification",
        f"""'{{"connectorId":1,"errorCode":"NoError","status":"{status}","timestamp":'"""
        f""" || {_clock(moment)} || '}}'""",
    )


_TAG = "'TAG-BENCH' || :tag::text"
_CHOOSE = r"""
\set charger :client_id * :per_client + random(0, :per_client - 1)
\set connection :first_connection + :charger
\set tag :first_tag + :charger
\set message random(1, 2000000000)
\set turn :turn + 1
"""
"""`turn` counts over the runs of pgbench: what follows from it goes on where the last run ended."""


def _session_script() -> str:
    """The load generator's session: half an hour and 5400 Wh, each after the one before it."""
    began = "to_timestamp(:began::double precision)"
    planned = "clock_timestamp() - interval '60 days' + :turn * interval '31 minutes'"
    lines = [
        _CHOOSE,
        "\\set register 1000000 + :turn * 6000",
        _call("Authorize", f"""'{{"idTag":"' || {_TAG} || '"}}'""") + ";",
        _next(_status("Preparing", planned)),
        "\\set message random(1, 2000000000)",
        _call(
            "StartTransaction",
            f"""'{{"connectorId":1,"idTag":"' || {_TAG} || '","meterStart":' || :register::text"""
            f""" || ',"timestamp":' || {_clock(planned)} || '}}'""",
            "reply::jsonb->>'transactionId' as transaction,"
            f" extract(epoch from {planned}) as began",
        ),
        "\\gset",
        _next(_status("Charging", began)),
    ]
    for reading in range(1, READINGS_PER_SESSION + 1):
        offset_s = 1800 * reading // (READINGS_PER_SESSION + 1)
        moment = f"{began} + interval '{offset_s} seconds'"
        lines.append(_next(_meter_values(":transaction", moment, f":register + {offset_s * 3}")))
    ended = f"{began} + interval '1800 seconds'"
    lines += [
        _next(
            _call(
                "StopTransaction",
                f"""'{{"transactionId":' || :transaction::text || ',"idTag":"' || {_TAG} ||"""
                f""" '","meterStop":' || (:register + 5400)::text ||"""
                f""" ',"reason":"Local","timestamp":' || {_clock(ended)} || '}}'""",
            )
        ),
        _next(_status("Available", ended)),
    ]
    return "\n".join(lines) + "\n"


def _next(statement: str) -> str:
    return f"\\set message random(1, 2000000000)\n{statement};"


_SCRIPTS = {
    "heartbeat": _CHOOSE + _call("Heartbeat", "'{}'") + ";\n",
    "meter_values": _CHOOSE
    + f"\\set register {_LATER_REGISTER_WH} + :turn * 3\n"
    + f"\\set transaction {_FIRST_TRANSACTION} + :tag\n"
    + _meter_values(
        ":transaction",
        "clock_timestamp() - interval '12 hours'",
        ":register",
    )
    + ";\n",
    "sessions": _session_script(),
}

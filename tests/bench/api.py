"""What row-level security costs a read: the API's query as staff, and as owner, a million rows.

The server itself times planning and execution (`explain (analyze, timing off)`), staff and owner
in turns, the median of many. The owner is above row-level security and so names the tenant, as
a programmer without policies would have to; both read the same rows of the same view.
"""

from __future__ import annotations

import json
import statistics
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg

from db.connection import connect
from db.settings import with_options
from tests.bench.report import Figure
from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.e2e.installation import Installation

__all__ = ["measure"]

SESSIONS = 1_000_000
RATIO_LIMIT = 1.3

_TENANTS = 100
_CHARGERS_PER_TENANT = 20
_DAYS = 365
_ROUNDS = 61


def measure() -> Iterator[Figure]:
    """Fill a database and read it; some two minutes."""
    with Installation.running() as installation:
        with installation.owner() as owner:
            accounts = [
                account
                for number in range(_TENANTS)
                for account in add_chargers(
                    owner,
                    add_tenant(owner, f"bench-t{number:02}"),
                    [f"READ{number:02}-{serial}" for serial in range(_CHARGERS_PER_TENANT)],
                )
            ]
        _fill(installation, accounts)
        reader = accounts[len(accounts) // 2]
        with (
            connect(installation.settings.authenticator_url) as staff,
            installation.owner() as owner,
        ):
            claims = {"role": "staff", "tenant_id": reader.tenant_id, "sub": str(uuid.uuid4())}
            staff.execute(
                "select set_config('role', 'staff', false),"
                " set_config('request.jwt.claims', %s, false)",
                [json.dumps(claims)],
            )
            by_tenant = f"tenant_id = {reader.tenant_id}"
            for name, (columns, condition, tail) in _reads(reader).items():
                as_staff = _statement(columns, [condition], tail)
                as_owner = _statement(columns, [by_tenant, condition], tail)
                if (found := _rows(staff, as_staff)) != _rows(owner, as_owner) or not found:
                    raise RuntimeError(f"{name}: staff and owner do not read the same rows")
                staff_ms, owner_ms = _compare(staff, as_staff, owner, as_owner)
                yield Figure(name, staff_ms, "ms", limit=RATIO_LIMIT, ratio=staff_ms / owner_ms)
                yield Figure(f"{name}.owner", owner_ms, "ms")


def _reads(reader: Account) -> dict[str, tuple[str, str, str]]:
    """The reads: name, columns, condition, and what follows it."""
    newest = "order by started_at desc limit 100"
    return {
        "api.read_rls": ("*", "", newest),
        "api.read_rls.charge_point": (
            "*",
            f"charge_point_id = {reader.charge_point_id}",
            newest,
        ),
        "api.read_rls.month": (
            "count(*) as sessions, sum(energy_wh) as energy_wh",
            "started_at >= now() - interval '30 days'",
            "",
        ),
    }


def _statement(columns: str, conditions: list[str], tail: str) -> str:
    """A read in the shape PostgREST gives it: the rows as one JSON array."""
    where = " and ".join(filter(None, conditions))
    return (
        "select count(*), coalesce(json_agg(t), '[]')"  # noqa: S608 - our own text
        f" from (select {columns} from api.charging_sessions"
        f" {'where ' + where if where else ''} {tail}) as t"
    )


def _fill(installation: Installation, accounts: list[Account]) -> None:
    """Insert the sessions, a year of them, evenly over charge points, in the order of time."""
    # A superuser may leave out foreign keys and triggers: a million rows are quickly there.
    # The name of the database comes last in both URLs.
    database = installation.settings.database_url.rpartition("/")[2]
    url = installation.settings.superuser_url.rpartition("/")[0] + "/" + database
    with connect(with_options(url, options="-c session_replication_role=replica")) as superuser:
        superuser.execute("set synchronous_commit = off")
        superuser.execute(
            """
            insert into core.sessions (
                tenant_id, charge_point_id, protocol, transaction_id, start_key, state,
                id_token, authorization_status, started_at, start_received_at, ended_at,
                stop_received_at, meter_start_wh, meter_stop_wh, energy_wh, stop_reason
            )
            select
                c.tenant_ids[1 + n %% c.size], c.charge_point_ids[1 + n %% c.size], 'ocpp1.6',
                n::text, 'bench ' || n, 'ended', 'TAG', 'Accepted', s.started_at, s.started_at,
                s.started_at + interval '30 minutes', s.started_at + interval '30 minutes',
                1000000, 1005400, 5400, 'Local'
            from (
                select %s::bigint[] as tenant_ids, %s::bigint[] as charge_point_ids, %s as size
            ) as c
            cross join generate_series(1, %s) as n
            cross join lateral (
                select now() - interval '1 day' * %s * (1 - n::double precision / %s)
                    as started_at
            ) as s
            """,
            [
                [account.tenant_id for account in accounts],
                [account.charge_point_id for account in accounts],
                len(accounts),
                SESSIONS,
                _DAYS,
                SESSIONS,
            ],
        )
        superuser.execute("vacuum (analyze, freeze) core.sessions")
        superuser.execute("analyze")


def _rows(connection: psycopg.Connection[tuple[Any, ...]], statement: str) -> list[Any]:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return list(row[1])


def _compare(
    staff: psycopg.Connection[tuple[Any, ...]],
    as_staff: str,
    owner: psycopg.Connection[tuple[Any, ...]],
    as_owner: str,
) -> tuple[float, float]:
    """Median milliseconds of both statements, run in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        times[0].append(_time_ms(staff, as_staff))
        times[1].append(_time_ms(owner, as_owner))
    return statistics.median(times[0]), statistics.median(times[1])


def _time_ms(connection: psycopg.Connection[tuple[Any, ...]], statement: str) -> float:
    row = connection.execute(f"explain (analyze, timing off, format json) {statement}").fetchone()
    assert row is not None
    plan = row[0][0]
    return float(plan["Planning Time"]) + float(plan["Execution Time"])

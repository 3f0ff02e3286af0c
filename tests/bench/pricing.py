"""What prices cost to calculate, inside the database.

Live costs: a fleet of LIVE_SESSIONS running sessions with a reading a minute is priced as the job
refresh_session_costs does. One calculation is timed by the server itself (planning and execution),
the job by the clock around the call.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg

from tests.bench.report import Figure
from tests.e2e.accounts import add_chargers, add_tenant
from tests.e2e.installation import Installation

__all__ = ["LIVE_LIMIT_MS", "LIVE_SESSIONS", "measure"]

LIVE_SESSIONS = 10_000
LIVE_LIMIT_MS = 5.0
"""Of the 99th percentile of one calculation."""

_LIVE_MINUTES = 60
"""Readings of a session when it is priced."""
_LONG_SESSIONS = 50
_LONG_MINUTES = 1440
_LIVE_SAMPLES = 1000
_JOB_ROUNDS = 15
_CHANGED_PER_RUN = 500
"""As many as the job prices in a run."""

TARIFF: dict[str, Any] = {
    "id": "BENCH",
    "currency": "EUR",
    "tax_included": "NO",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.59, "vat": 19, "step_size": 1},
                {"type": "FLAT", "price": 0.35, "vat": 19, "step_size": 1},
            ],
            "restrictions": {"start_time": "07:00", "end_time": "22:00", "max_kwh": 40},
        },
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.39, "vat": 19, "step_size": 1},
                {"type": "FLAT", "price": 0.35, "vat": 19, "step_size": 1},
            ]
        },
        {
            "price_components": [{"type": "PARKING_TIME", "price": 6, "vat": 19, "step_size": 60}],
            "restrictions": {"start_time": "07:00", "end_time": "22:00"},
        },
    ],
}
"""Day and night, a threshold of energy, and parking by day."""


def measure() -> Iterator[Figure]:
    """Measure live costs; some two minutes."""
    with Installation.running() as installation:
        yield from live_figures(installation)


def live_figures(installation: Installation) -> Iterator[Figure]:
    """One calculation, and the job with many running sessions, of which none, some or all changed.

    `pricing.live.p99` has a limit; `.long` are sessions of a day with a reading a minute, without.
    """
    with installation.owner() as owner:
        live_fill(owner)
        for name, first, count, limit in (
            ("pricing.live", 0, LIVE_SESSIONS, LIVE_LIMIT_MS),
            ("pricing.live.long", LIVE_SESSIONS, _LONG_SESSIONS, None),
        ):
            times = live_times_ms(owner, first, count)
            yield Figure(f"{name}.p50", statistics.median(times), "ms")
            p99_ms = statistics.quantiles(times, n=100)[98]
            yield Figure(f"{name}.p99", p99_ms, "ms", limit=limit)
        owner.execute("update ops.settings set value = '1000000' where name = 'pricing.live_batch'")
        all_ms = live_job_ms(owner)
        sessions = LIVE_SESSIONS + _LONG_SESSIONS
        yield Figure("pricing.live.job.all", sessions / all_ms * 1000, "sessions/s")
        owner.execute("vacuum analyze core.session_costs")
        owner.execute("vacuum analyze core.sessions")
        yield Figure(
            "pricing.live.job.idle",
            statistics.median(live_job_ms(owner) for _ in range(_JOB_ROUNDS)),
            "ms",
        )
        some = [live_job_ms(owner, change=_CHANGED_PER_RUN) for _ in range(_JOB_ROUNDS)]
        yield Figure(f"pricing.live.job.{_CHANGED_PER_RUN}", statistics.median(some), "ms")


def live_fill(owner: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Insert running sessions with their readings: the short ones begin at 0, then the long."""
    tenant_id = add_tenant(owner, "bench-live")
    chargers = add_chargers(owner, tenant_id, [f"LIVE{number:03}" for number in range(100)])
    _assign_tariff(owner, tenant_id)
    owner.execute("select jobs.maintain_partitions()")
    owner.execute("set synchronous_commit = off")
    owner.execute(
        """
        insert into core.sessions (
            tenant_id, charge_point_id, protocol, transaction_id, start_key, state,
            charging_state, id_token, authorization_status, started_at, start_received_at,
            meter_start_wh, last_meter_wh, energy_wh, last_reading_at
        )
        select
            %(tenant_id)s, (%(charge_points)s::bigint[])[1 + n %% 100], 'ocpp1.6', n::text,
            n::text, 'active', 'Charging', 'TAG', 'Accepted', now() - m.minutes * interval '1 min',
            now(), 100000, 100000 + m.minutes * 183, m.minutes * 183, now()
        from generate_series(0, %(short)s + %(long)s - 1) as n
        cross join lateral (
            select case when n < %(short)s then %(short_min)s else %(long_min)s end as minutes
        ) as m
        """,
        {
            "tenant_id": tenant_id,
            "charge_points": [charger.charge_point_id for charger in chargers],
            "short": LIVE_SESSIONS,
            "long": _LONG_SESSIONS,
            "short_min": _LIVE_MINUTES,
            "long_min": _LONG_MINUTES,
        },
    )
    owner.execute(
        """
        insert into core.meter_values (
            tenant_id, charge_point_id, evse_no, session_id, transaction_id, sampled_at,
            received_at, context, energy_wh, power_w, payload_hash
        )
        select
            s.tenant_id, s.charge_point_id, 1, s.id, s.transaction_id,
            s.started_at + n * interval '1 min', now(), 'Sample.Periodic',
            s.meter_start_wh + n * 183, 11000, s.id * 10000 + n
        from core.sessions as s
        cross join lateral generate_series(1, (s.energy_wh / 183)::integer) as n
        where s.tenant_id = %s
        """,
        [tenant_id],
    )
    owner.execute(
        """
        insert into core.session_events (
            tenant_id, session_id, event, from_state, to_state, happened_at, details
        )
        select
            s.tenant_id, s.id, 'charging_state_changed', 'active', 'active',
            s.started_at + n * (now() - s.started_at) / 5,
            jsonb_build_object(
                'charging_state', (array['Charging', 'SuspendedEV', 'Charging', 'SuspendedEVSE'])[n]
            )
        from core.sessions as s
        cross join generate_series(1, 4) as n
        where s.tenant_id = %s
        """,
        [tenant_id],
    )
    # What autovacuum does within a minute.
    owner.execute("analyze")


def _assign_tariff(owner: psycopg.Connection[tuple[Any, ...]], tenant_id: int) -> None:
    owner.execute(
        """
        with tariff as (
            insert into core.tariffs (tenant_id, tariff_id, name)
            values (%(tenant_id)s, 'BENCH', 'Bench')
            returning tenant_id, id
        ),

        version as (
            insert into core.tariff_versions (
                tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash,
                currency, valid
            )
            select
                t.tenant_id, t.id, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),
                encode(sha256(convert_to(d.document::text, 'UTF8')), 'hex'), 'EUR', '[2020-01-01,)'
            from tariff as t
            cross join (select %(document)s::jsonb as document) as d
        )

        insert into core.tariff_assignments (tenant_id, tariff_id)
        select t.tenant_id, t.id from tariff as t
        """,
        {"tenant_id": tenant_id, "document": json.dumps(TARIFF)},
    )


def live_times_ms(
    owner: psycopg.Connection[tuple[Any, ...]], first: int, count: int
) -> list[float]:
    """Milliseconds of single calculations, of sessions from the `first` one on, in turns."""
    statement: LiteralString = """
        explain (analyze, timing off, format json)
        select c.result
        from core.sessions as s
        inner join core.session_tariffs as st
            on st.tenant_id = s.tenant_id and st.session_id = s.id
        inner join core.tariff_versions as v
            on v.tenant_id = st.tenant_id and v.id = st.tariff_version_id
        cross join lateral pricing.get_live_cost(s, v.compiled, st.time_zone) as c
        where s.tenant_id = %s and s.id = %s
        """
    keys = owner.execute(
        "select s.tenant_id, s.id from core.sessions as s where s.state = 'active'"
        " order by s.id offset %s limit %s",
        [first, count],
    ).fetchall()
    times = []
    for number in range(_LIVE_SAMPLES):
        row = owner.execute(statement, keys[number * 7 % len(keys)]).fetchone()
        assert row is not None
        times.append(float(row[0][0]["Planning Time"]) + float(row[0][0]["Execution Time"]))
    return times


def live_job_ms(owner: psycopg.Connection[tuple[Any, ...]], *, change: int = 0) -> float:
    """Milliseconds of one run of the job, after `change` sessions had a reading."""
    owner.execute(
        "update core.sessions as s set updated_at = clock_timestamp() where s.id = any(array("
        " select r.id from core.sessions as r where r.state = 'active'"
        " order by random() limit %s))",
        [change],
    )
    began = time.perf_counter()
    row = owner.execute("select jobs.refresh_session_costs()").fetchone()
    elapsed_ms = (time.perf_counter() - began) * 1000
    if row != ("",):
        raise RuntimeError(f"the job tells of trouble: {row}")
    return elapsed_ms

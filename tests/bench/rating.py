"""What it costs to rate sessions that are over: the engine alone, and the whole job.

The engine: RATED sessions of ten charging periods are priced by one statement that stores their
ratings. It is compared with a plain `insert ... select` of the same rows into the same table.
These come from a table that keeps them uncompressed: a new value is compressed when it is stored,
one that is copied as it was stored is not, and would make storing look cheaper than it is.

The job: SAMPLE sessions of ten periods are rated by jobs.rate_sessions from their readings, while
ever more sessions with transactions and ratings are stored. The cost of one should not change.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from db.connection import Connection, connect
from db.settings import with_options
from tests.bench.pricing import TARIFF
from tests.bench.report import Figure
from tests.e2e.accounts import add_chargers, add_tenant
from tests.e2e.installation import Installation

__all__ = ["RATED", "measure", "measure_full"]

RATED = 100_000
PERIODS = 10
RATIO_GOAL = 0.1
"""Of the run's speed to that of the plain copy: at most ten times its cost."""

SAMPLE = 1000
STORED = (1_000, 10_000, 100_000)
STORED_FULL = (*STORED, 1_000_000)
GROWTH_LIMIT = 1.5
"""Of the cost of a session with most stored to that with fewest."""

_CHARGERS = 100
_ROUNDS = 5
_COLUMNS = (
    "reason, engine_version, tariff_version_id, tariff_hash, time_zone, currency, started_at,"
    " ended_at, energy_wh, charging_s, parking_s, reserved_s, total_excl_vat, total_incl_vat,"
    " exact_excl_vat, exact_incl_vat, session, result, cdr_head"
)


def measure() -> Iterator[Figure]:
    """Measure with up to 100,000 stored sessions; some three minutes."""
    return _measure(STORED)


def measure_full() -> Iterator[Figure]:
    """The same, with up to a million."""
    return _measure(STORED_FULL)


def _measure(stored: tuple[int, ...]) -> Iterator[Figure]:
    with Installation.running() as installation:
        yield from _measure_engine(installation)
    with Installation.running() as installation:
        yield from _measure_job(installation, stored)


def _measure_engine(installation: Installation) -> Iterator[Figure]:
    """`pricing.rate` and the plain copy of the same ratings."""
    with _superuser(installation) as filler, installation.owner() as owner:
        tenant_id = _prepare(owner)
        _store(filler, tenant_id, 2 * RATED, with_ratings=False)
        owner.execute("create schema bench")
        owner.execute(
            "create table bench.to_price as"
            " select t.tenant_id, t.id, t.number, p.session from ("
            "  select tenant_id, id, row_number() over (order by id) as number"
            "  from core.transactions where tenant_id = %s) as t"
            " cross join lateral (select jsonb_build_object("
            "  'time_zone', 'Europe/Berlin', 'start_date_time', s.moments[1],"
            "  'end_date_time', s.moments[%s], 'charging_periods', ("
            "   select jsonb_agg(jsonb_build_object('start_date_time', s.moments[n],"
            "    'dimensions', case when n %% 3 = 0 then jsonb_build_array("
            "      jsonb_build_object('type', 'PARKING_TIME', 'volume', 0.25, 'seconds', 900))"
            "     else jsonb_build_array("
            "      jsonb_build_object('type', 'ENERGY', 'volume', 2.1 + t.number %% 997 / 1000.0),"
            "      jsonb_build_object('type', 'TIME', 'volume', 0.25, 'seconds', 900)) end)"
            "     order by n) from generate_series(1, %s) as n)) as session from ("
            "   select array_agg(to_jsonb(to_char(timestamp '2026-03-01'"
            "     + t.number %% 1440 * interval '1 minute' + n * interval '15 minutes',"
            '     \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')) order by n) as moments'
            "   from generate_series(0, %s) as n) as s) as p"
            " where t.number <= %s",
            [tenant_id, PERIODS + 1, PERIODS, PERIODS, RATED],
        )
        filler.execute("vacuum (analyze)")
        filler.execute("checkpoint")
        rate = (
            f"insert into core.ratings (tenant_id, transaction_id, version, {_COLUMNS})"  # noqa: S608 - our own text
            " select p.tenant_id, p.id, 1, 'ended', r.result ->> 'engine_version', v.id,"
            " v.tariff_hash, 'Europe/Berlin', r.result ->> 'currency', now(), now(),"
            " (r.result ->> 'energy_kwh')::numeric * 1000, (r.result ->> 'charging_s')::numeric,"
            " (r.result ->> 'parking_s')::numeric, (r.result ->> 'reserved_s')::numeric,"
            " (r.result ->> 'total_excl_vat')::numeric, (r.result ->> 'total_incl_vat')::numeric,"
            " (r.result -> 'exact' ->> 'excl_vat')::numeric,"
            " (r.result -> 'exact' ->> 'incl_vat')::numeric, p.session, r.result, '{}'"
            " from bench.to_price as p"
            " cross join core.tariff_versions as v"
            " cross join lateral (select pricing.price(v.compiled, p.session) as result offset 0)"
            " as r"
        )
        rate_s = _time_s(owner, rate)
        owner.execute("create table bench.rated (like core.ratings including defaults)")
        owner.execute(
            "alter table bench.rated alter session set storage external,"
            " alter result set storage external"
        )
        fresh = _COLUMNS.replace("session, result", "session || '{}', result || '{}'")
        owner.execute(
            f"insert into bench.rated (tenant_id, transaction_id, version, {_COLUMNS})"  # noqa: S608 - our own text
            f" select tenant_id, transaction_id + {RATED}, 1, {fresh} from core.ratings"
        )
        filler.execute("vacuum (analyze) bench.rated")
        filler.execute("checkpoint")
        copy_s = _time_s(
            owner,
            f"insert into core.ratings (tenant_id, transaction_id, version, {_COLUMNS})"  # noqa: S608 - our own text
            f" select tenant_id, transaction_id, version, {_COLUMNS} from bench.rated",
        )
        row = owner.execute(
            "select count(*), min(jsonb_array_length(session -> 'charging_periods'))"
            " from core.ratings where total_incl_vat > 0"
        ).fetchone()
        if row != (2 * RATED, PERIODS):
            raise RuntimeError(f"not what was to be priced: {row}")
    yield Figure(
        "pricing.rate", RATED / rate_s, "sessions/s", ratio=copy_s / rate_s, goal=RATIO_GOAL
    )
    yield Figure("pricing.rate.copy", RATED / copy_s, "sessions/s")


def _measure_job(installation: Installation, stored: tuple[int, ...]) -> Iterator[Figure]:
    """`pricing.job.<stored>`: what one session costs the job, with so many stored before."""
    costs_ms: list[float] = []
    with _superuser(installation) as filler, installation.owner() as owner:
        tenant_id = _prepare(owner)
        held = 0
        for size in stored:
            _store(filler, tenant_id, size - held, with_ratings=True)
            held = size + _ROUNDS * SAMPLE
            rounds = [_rate_sample(owner, tenant_id) for _ in range(_ROUNDS)]
            # The best: what else the machine does meanwhile is no part of it.
            costs_ms.append(min(rounds) / SAMPLE * 1000)
            is_last = size == stored[-1]
            yield Figure(
                f"pricing.job.{size}",
                costs_ms[-1],
                "ms/session",
                limit=GROWTH_LIMIT if is_last else None,
                ratio=costs_ms[-1] / costs_ms[0],
            )


def _superuser(installation: Installation) -> AbstractContextManager[Connection]:
    """Who may leave out triggers and foreign keys: a million rows are quickly there."""
    database = installation.settings.database_url.rpartition("/")[2]
    url = installation.settings.superuser_url.rpartition("/")[0] + "/" + database
    return connect(
        with_options(url, options="-c session_replication_role=replica -c synchronous_commit=off")
    )


def _prepare(owner: Connection) -> int:
    """Make a tenant with charge points and one tariff for all; returns the tenant's id."""
    tenant_id = add_tenant(owner, "bench-rate")
    add_chargers(owner, tenant_id, [f"RATE{number:03}" for number in range(_CHARGERS)])
    owner.execute(
        "with tariff as ("
        "  insert into core.tariffs (tenant_id, tariff_id, name)"
        "  values (%(tenant_id)s, 'BENCH', 'Bench') returning tenant_id, id),"
        " version as ("
        "  insert into core.tariff_versions (tenant_id, tariff_id, version_no, ocpi_version,"
        "   document, compiled, tariff_hash, currency, valid)"
        "  select t.tenant_id, t.id, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),"
        "   encode(sha256(convert_to(d.document::text, 'UTF8')), 'hex'), 'EUR', '[2020-01-01,)'"
        "  from tariff as t, (select %(document)s::jsonb as document) as d)"
        " insert into core.tariff_assignments (tenant_id, tariff_id)"
        " select t.tenant_id, t.id from tariff as t",
        {"tenant_id": tenant_id, "document": json.dumps(TARIFF)},
    )
    owner.execute("select jobs.maintain_partitions()")
    return tenant_id


def _store(filler: Connection, tenant_id: int, count: int, *, with_ratings: bool) -> None:
    """Add sessions of the past with their transactions, readings and ratings, without pricing."""
    filler.execute(
        "insert into core.sessions (tenant_id, charge_point_id, protocol, transaction_id,"
        " start_key, state, id_token, authorization_status, started_at, start_received_at,"
        " ended_at, stop_received_at, meter_start_wh, meter_stop_wh, energy_wh)"
        " select %(tenant_id)s, c.ids[1 + n %% cardinality(c.ids)], 'ocpp1.6', 'p' || n, 'p' || n,"
        " 'ended', 'TAG', 'Accepted', m.at, m.at, m.at + interval '100 minutes', m.at, 0, 20000,"
        " 20000 from (select array_agg(id) as ids from core.charge_points) as c,"
        " (select coalesce(max(id), 0) as last from core.sessions) as s,"
        " generate_series(s.last + 1, s.last + %(count)s) as n,"
        " lateral (select now() - interval '2 days' - n %% 500000 * interval '1 minute') as m (at)",
        {"tenant_id": tenant_id, "count": count},
    )
    filler.execute(
        "insert into core.transactions (tenant_id, session_id, state, rating_version)"
        " select s.tenant_id, s.id, 'priced', 1 from core.sessions as s where not exists ("
        "  select from core.transactions as t"
        "  where t.tenant_id = s.tenant_id and t.session_id = s.id) order by s.id"
    )
    if with_ratings:
        filler.execute(
            "insert into core.session_tariffs (tenant_id, session_id, tariff_version_id, place,"
            " audience, time_zone)"
            " select s.tenant_id, s.id, v.id, 'tenant', 'everyone', 'Europe/Berlin'"
            " from core.sessions as s, core.tariff_versions as v"
            " on conflict do nothing"
        )
        filler.execute(
            "insert into core.meter_values (tenant_id, charge_point_id, evse_no, session_id,"
            " transaction_id, sampled_at, received_at, context, energy_wh, payload_hash)"
            " select s.tenant_id, s.charge_point_id, 1, s.id, s.transaction_id,"
            " date_trunc('month', now()) + s.id % 1000 * interval '1 second', now(),"
            " 'Sample.Periodic', n * 5000, s.id * 100 + n"
            " from core.sessions as s, generate_series(1, 2) as n"
            " where s.id > (select coalesce(max(session_id), 0) from core.meter_values)"
        )
        # What each was priced with is as long as those of the sample.
        filler.execute(
            "insert into core.ratings (tenant_id, transaction_id, version, reason,"
            " engine_version, tariff_version_id, tariff_hash, time_zone, currency, started_at,"
            " ended_at, energy_wh, charging_s, parking_s, reserved_s, total_excl_vat,"
            " total_incl_vat, exact_excl_vat, exact_incl_vat, session, result, cdr_head)"
            " select t.tenant_id, t.id, 1, 'ended', '1', v.id, v.tariff_hash, 'Europe/Berlin',"
            " 'EUR', s.started_at, s.ended_at, 20000, 6000, 0, 0, 10, 11.9, 10, 11.9,"
            " v.compiled, v.compiled, '{}'"
            " from core.transactions as t"
            " inner join core.sessions as s on s.tenant_id = t.tenant_id and s.id = t.session_id"
            " cross join core.tariff_versions as v"
            " on conflict do nothing"
        )
    # What the server would do by itself soon, and in the middle of what is measured.
    filler.execute("vacuum (analyze)")
    filler.execute("checkpoint")


def _rate_sample(owner: Connection, tenant_id: int) -> float:
    """Add sessions with ten periods each, rate them all, and return the seconds of that."""
    with owner.transaction():
        # One statement, in which every session gets its tariff and its place in the queue.
        owner.execute(
            "insert into core.sessions (tenant_id, charge_point_id, protocol, transaction_id,"
            " start_key, state, charging_state, id_token, authorization_status, started_at,"
            " start_received_at, ended_at, stop_received_at, meter_start_wh, meter_stop_wh,"
            " energy_wh)"
            " select %(tenant_id)s, c.ids[1 + n %% cardinality(c.ids)], 'ocpp1.6', 'j' || n,"
            " 'j' || n, 'ended', 'Idle', 'TAG', 'Accepted', m.at, m.at,"
            " m.at + interval '100 minutes', m.at, 100000, 118000, 18000"
            " from (select array_agg(id) as ids from core.charge_points) as c,"
            " (select coalesce(max(id), 0) as last from core.sessions) as s,"
            " generate_series(s.last + 1, s.last + %(count)s) as n,"
            " lateral (select now() - interval '1 day' - n %% 100 * interval '1 minute') as m (at)",
            {"tenant_id": tenant_id, "count": SAMPLE},
        )
        owner.execute(
            "insert into core.meter_values (tenant_id, charge_point_id, evse_no, session_id,"
            " transaction_id, sampled_at, received_at, context, energy_wh, power_w, payload_hash)"
            " select s.tenant_id, s.charge_point_id, 1, s.id, s.transaction_id,"
            " s.started_at + n * interval '10 minutes', now(), 'Sample.Periodic',"
            " 100000 + n * 1800, 10800, s.id * 100 + n"
            " from core.sessions as s, generate_series(1, 9) as n"
            " where s.tenant_id = %s and s.id in ("
            "  select q.session_id from ops.sessions_to_rate as q)",
            [tenant_id],
        )
        owner.execute(
            "insert into core.session_events (tenant_id, session_id, event, from_state, to_state,"
            " happened_at, details)"
            " select s.tenant_id, s.id, 'charging_state_changed', 'active', 'active',"
            " s.started_at + n * interval '10 minutes', jsonb_build_object('charging_state',"
            "  (array['Charging', 'SuspendedEV'])[1 + n %% 2])"
            " from core.sessions as s, generate_series(0, 9) as n"
            " where s.tenant_id = %s and s.id in ("
            "  select q.session_id from ops.sessions_to_rate as q)",
            [tenant_id],
        )
    began = time.perf_counter()
    while _one(owner, "select jobs.rate_sessions()") != "":
        pass
    elapsed_s = time.perf_counter() - began
    found = _one(
        owner,
        "select array_agg(distinct r.what) from (select coalesce("
        "  t.hold_details::text, jsonb_array_length(g.session -> 'charging_periods')::text) as what"
        " from core.transactions as t"
        " left join core.ratings as g on g.tenant_id = t.tenant_id and g.transaction_id = t.id"
        " order by t.id desc limit 1000) as r",
    )
    waiting = _one(owner, "select count(*) from ops.sessions_to_rate")
    if found != [str(PERIODS)] or waiting:
        raise RuntimeError(f"not {PERIODS} periods a session: {found}; {waiting} wait")
    return elapsed_s


def _time_s(connection: Connection, statement: str) -> float:
    began = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - began


def _one(connection: Connection, statement: str) -> Any:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]

"""Statistics equal a plain reading of the base tables, whatever changed late and at which clock.

What is expected is worked out here in Python from the sessions, transactions and ratings
themselves, by the definitions of docs/reports.md; the job and its tables have no part in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.databases import Database
from tests.support.statistics import FROM, TO, Row, World

Spans = list[tuple[datetime, datetime]]

DOUBTFUL = {"implausible_duration", "time_in_future"}


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[World]:
    """A world whose figures were counted once."""
    with psycopg.connect(module_database.superuser_url, row_factory=dict_row) as connection:
        made = World(connection)
        made.build()
        made.refresh()
        yield made
        connection.rollback()


_RATED = (
    " t.state as decided, r.transaction_id as rated, r.energy_wh as r_energy_wh, r.charging_s,"
    " r.parking_s, r.reserved_s, r.ended_at as r_ended_at, r.total_excl_vat, r.total_incl_vat,"
    " r.session, coalesce(r.currency, v.currency, o.currency) as currency, c.site_id, v.tariff_id,"
    " coalesce(l.time_zone, o.time_zone) as time_zone"
)
_PLACE = (
    " join core.tenants as o on o.id = s.tenant_id"
    " join core.charge_points as c on (c.tenant_id, c.id) = (s.tenant_id, s.charge_point_id)"
    " left join core.sites as l on (l.tenant_id, l.id) = (c.tenant_id, c.site_id)"
    " left join core.ratings as r on (r.tenant_id, r.transaction_id, r.version)"
    "     = (t.tenant_id, t.id, t.rating_version) and t.state = 'priced'"
)


def _sessions(world: World, tenant: int) -> list[Row]:
    """Every session that is over and reservation with a price, by plain queries."""
    rows = world.own(
        f"select s.*, false as is_reservation, {_RATED}"  # noqa: S608 - texts from above
        " from core.sessions as s"
        " left join core.transactions as t on (t.tenant_id, t.session_id) = (s.tenant_id, s.id)"
        f" {_PLACE}"
        " left join core.session_tariffs as f"
        "     on (f.tenant_id, f.session_id) = (s.tenant_id, s.id)"
        " left join core.tariff_versions as v on v.tenant_id = s.tenant_id"
        "     and v.id = coalesce(r.tariff_version_id, f.tariff_version_id)"
        " where s.tenant_id = %s and s.state <> 'active'",
        tenant,
    )
    rows += world.own(
        "select s.*, true as is_reservation, e.evse_id, s.created_at as started_at,"  # noqa: S608
        f" s.expires_at as ended_at, {_RATED}"
        " from core.reservations as s"
        " join core.transactions as t on (t.tenant_id, t.reservation_id) = (s.tenant_id, s.id)"
        f" {_PLACE}"
        " left join core.connectors as e"
        "     on (e.tenant_id, e.charge_point_id, e.ocpp16_connector_id)"
        "     = (s.tenant_id, s.charge_point_id, s.ocpp16_connector_id)"
        " left join core.tariff_versions as v"
        "     on (v.tenant_id, v.id) = (r.tenant_id, r.tariff_version_id)"
        " where s.tenant_id = %s",
        tenant,
    )
    for row in rows:
        if row["rated"] is not None:
            row["energy_wh"] = row["r_energy_wh"]
            row["ended_at"] = row["r_ended_at"]
        row["day"] = row["ended_at"].astimezone(ZoneInfo(row["time_zone"])).date()
    return rows


_KEYS = {
    "day": lambda row: row["day"],
    "week": lambda row: row["day"] - timedelta(days=row["day"].weekday()),
    "month": lambda row: row["day"].replace(day=1),
    "site": lambda row: row["site_id"],
    "charge_point": lambda row: row["charge_point_id"],
    "evse": lambda row: row["evse_id"],
    "token": lambda row: row["id_token_id"],
    "customer": lambda row: row["user_id"],
    "tariff": lambda row: row["tariff_id"],
}


def _outcome(energy: Decimal | None, *, is_refused: bool) -> str:
    if is_refused:
        return "refused"
    if energy is None:
        return "unknown"
    return "successful" if energy > 0 else "failed"


def _count(rows: list[Row], by: str) -> dict[tuple[Any, str], Row]:
    """Sessions of the range by group and currency."""
    groups: dict[tuple[Any, str], Row] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if not FROM <= row["day"] <= TO:
            continue
        key = _KEYS[by](row)
        key = max(key, FROM) if by in {"day", "week", "month"} else key and str(key)
        group = groups[key, row["currency"]]
        is_refused = (
            row["decided"] is None
            and row["authorization_status"] != "Accepted"
            and row["energy_wh"] == 0
        )
        energy = row["energy_wh"]
        if not row["is_reservation"]:
            group["sessions"] += 1
            group[_outcome(energy, is_refused=is_refused)] += 1
        if row["rated"] is None:
            group["unbilled_energy_wh"] += energy or 0
            if not is_refused:
                group[row["decided"] or "waiting"] += 1
            continue
        net, gross = row["total_excl_vat"], row["total_incl_vat"]
        group["transactions"] += 1
        group["energy_wh"] += energy
        group["charging_s"] += row["charging_s"]
        group["parking_s"] += row["parking_s"]
        group["reserved_s"] += row["reserved_s"]
        group["total_excl_vat"] += net or 0
        group["total_incl_vat"] += gross or 0
        group["vat"] += 0 if None in {net, gross} else gross - net
        group["tax_unknown"] += None in {net, gross}
    return groups


_COUNTED = (
    "transactions", "energy_wh", "charging_s", "parking_s", "reserved_s", "total_excl_vat",
    "vat", "total_incl_vat",
    "tax_unknown", "held", "written_off", "waiting", "unbilled_energy_wh", "sessions",
    "successful", "failed", "refused", "unknown",
)  # fmt: skip


def _check_counts(world: World, persona: str, rows: list[Row], by: str, **filters: Any) -> None:
    expected = _count(rows, by)
    answer = world.ask(persona, by, **filters)
    is_by_time = by in {"day", "week", "month"}
    seen = {
        (row["period_start"] if is_by_time else row["group_id"], row["currency"]): row
        for row in answer
    }
    assert len(seen) == len(answer)
    assert expected, "nothing is compared"
    for key, row in seen.items():
        figures = {name: row[name] for name in _COUNTED}
        group = expected.pop(key, {})
        assert figures == {name: group.get(name, 0) for name in _COUNTED}, (by, key)
        tried = row["successful"] + row["failed"]
        rate = round(Decimal(row["successful"]) / tried, 4) if tried else None
        assert rate is None or abs(row["success_rate"] - rate) <= Decimal("0.0001")
        assert (row["success_rate"] is None) == (rate is None)
    assert not expected, f"missing by {by}"


def _spans(row: Row) -> tuple[Spans, Spans, Spans]:
    """When a session occupied its EVSE, and when of it charging and idle."""
    if row["is_reservation"]:
        return [], [], []
    if row["rated"] is None:
        reasons = {finding["reason"] for finding in row["hold_details"] or []}
        is_certain = row["ended_at"] >= row["started_at"] and not reasons & DOUBTFUL
        return ([(row["started_at"], row["ended_at"])] if is_certain else []), [], []
    periods = row["session"]["charging_periods"]
    starts = [datetime.fromisoformat(period["start_date_time"]) for period in periods]
    ends = [*starts[1:], datetime.fromisoformat(row["session"]["end_date_time"])]
    kinds = [period["dimensions"][1]["type"] for period in periods]
    named = list(zip(kinds, starts, ends, strict=True))
    charging = [(a, b) for kind, a, b in named if kind == "TIME"]
    idle = [(a, b) for kind, a, b in named if kind == "PARKING_TIME"]
    return charging + idle, charging, idle


def _covered(spans: Spans, lower: datetime, upper: datetime) -> Decimal:
    """Seconds that spans cover together between two times."""
    total = timedelta()
    reached = lower
    for began, ended in sorted(spans):
        if min(ended, upper) > max(began, reached):
            total += min(ended, upper) - max(began, reached)
            reached = min(ended, upper)
    return Decimal(str(total.total_seconds()))


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _use_of(place: Row, rows: list[Row]) -> dict[date, list[Decimal]]:
    """Seconds of each day that an EVSE was there, and of these occupied, charging and idle."""
    zone = place["time_zone"]
    spans: tuple[Spans, Spans, Spans] = ([], [], [])
    for row in rows:
        if row["evse_id"] == place["id"]:
            for mine, more in zip(spans, _spans(row), strict=True):
                mine.extend(more)
    since = place["created_at"]
    if starts := [began for began, ended in spans[0] if ended > began]:
        since = min(since, _midnight(min(starts).astimezone(ZoneInfo(zone)).date(), zone))
    used = {}
    for day in (FROM + timedelta(days=i) for i in range((TO - FROM).days + 1)):
        lower, upper = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        there = max((upper - max(lower, since)).total_seconds(), 0)
        used[day] = [Decimal(str(there)), *(_covered(span, lower, upper) for span in spans)]
    return used


def _check_utilisation(world: World, tenant: int, persona: str) -> None:
    """By EVSE and by day: what the sessions cover of what the EVSEs were there."""
    rows = _sessions(world, tenant)
    places = world.own(
        "select e.id, e.created_at, coalesce(l.time_zone, o.time_zone) as time_zone"
        " from core.evses as e"
        " join core.tenants as o on o.id = e.tenant_id"
        " join core.charge_points as c on (c.tenant_id, c.id) = (e.tenant_id, e.charge_point_id)"
        " left join core.sites as l on (l.tenant_id, l.id) = (c.tenant_id, c.site_id)"
        " where e.tenant_id = %s",
        tenant,
    )
    used: dict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for place in places:
        for day, figures in _use_of(place, rows).items():
            for key in (day, str(place["id"])):
                used[key] = [a + b for a, b in zip(used[key], figures, strict=True)]
    names = ("available_s", "occupied_s", "evse_charging_s", "evse_parking_s")
    for by, column in (("day", "period_start"), ("evse", "group_id")):
        for row in world.ask(persona, by):
            if row[column] is not None:
                seen = [row[name] or 0 for name in names]
                differences = [abs(a - b) for a, b in zip(seen, used[row[column]], strict=True)]
                # Rounded to the millisecond, day by day and EVSE by EVSE.
                assert max(differences) < Decimal("0.5"), (by, row[column], seen)


def _check_all(world: World) -> None:
    for tenant, persona in ((101, "greenway.operator"), (102, "bluecharge.operator")):
        rows = _sessions(world, tenant)
        for by in _KEYS:
            _check_counts(world, persona, rows, by)
        _check_utilisation(world, tenant, persona)


def test_figures_equal_the_base_tables(world: World) -> None:
    """Every way to group, both tenants, over a change to summer time in two zones."""
    _check_all(world)


def test_filters_pick_what_they_name(world: World) -> None:
    """A filter gives what the same filter on the base tables gives."""
    rows = _sessions(world, 101)
    user_id = next(row["user_id"] for row in rows if row["user_id"])
    for name, column, value in (
        ("site_id", "site_id", 1005),
        ("charge_point_id", "charge_point_id", 1002),
        ("evse_id", "evse_id", 1001),
        ("id_token_id", "id_token_id", 1003),
        ("user_id", "user_id", user_id),
        ("tariff_id", "tariff_id", 1052),
    ):
        picked = [row for row in rows if row[column] == value]
        for by in ("month", "tariff"):
            _check_counts(world, "greenway.operator", picked, by, **{name: value})
    assert not any(row["sessions"] for row in world.ask("greenway.operator", "day", site_id=2005))


def test_a_driver_sees_their_own_sessions(world: World) -> None:
    """What a driver is told is about their sessions, without utilisation."""
    user_id = world.own("select tests.user_id_of('greenway.customer') as id")[0]["id"]
    rows = [row for row in _sessions(world, 101) if row["user_id"] == user_id]
    for by in ("day", "month", "token", "tariff"):
        _check_counts(world, "greenway.customer", rows, by)
    assert {row["occupied_s"] for row in world.ask("greenway.customer", "day")} == {None}


def test_late_changes_find_their_way(world: World) -> None:
    """Ratings, corrections, places, tokens and clocks that change later are counted anew."""
    pick = world.random
    priced = world.own(
        "select t.id, r.started_at, r.ended_at from core.transactions as t"
        " join core.ratings as r on (r.tenant_id, r.transaction_id, r.version)"
        " = (t.tenant_id, t.id, t.rating_version)"
        " where t.tenant_id = 101 and t.state = 'priced' and t.id > 1002 order by t.id limit 40"
    )
    for row in priced[:20]:
        moved = timedelta(hours=pick.choice((-30, 0, 30)))
        world.add_rating(101, row["id"], 2, row["started_at"] + moved, row["ended_at"] + moved)
        world.own(
            "update core.transactions set rating_version = 2 where tenant_id = 101 and id = %s",
            row["id"],
        )
    for row in priced[20:30]:
        world.own(
            "update core.transactions set state = 'held', hold_reasons = '{x}', held_at = now()"
            " where tenant_id = 101 and id = %s",
            row["id"],
        )
    for row in priced[30:]:
        world.own(
            "update core.sessions set evse_id = 1005, charge_point_id = 1005"
            " where tenant_id = 101 and id = %s",
            row["id"],
        )
    world.own(
        "update core.sessions set ended_at = ended_at + interval '2 days', energy_wh = 1"
        " where tenant_id = 101 and mod(id, 7) = 0 and id > 1002"
    )
    world.own("delete from core.id_tokens where tenant_id = 101 and id = 1003")
    world.own("update core.sites set time_zone = 'Pacific/Auckland' where id = 1005")
    world.own("update core.tenants set time_zone = 'America/New_York' where id = 102")
    world.own("update core.charge_points set site_id = null where tenant_id = 102 and id = 2005")
    world.own(
        "update core.session_tariffs as f set tariff_version_id = 1052 from core.sessions as s"
        " where f.tenant_id = 101 and s.tenant_id = 101 and s.id = f.session_id"
        " and s.id between 1100 and 1200"
    )
    world.own("delete from core.transactions where tenant_id = 101 and state = 'written_off'")
    world.refresh()
    world.own(
        "delete from core.sessions as s where s.tenant_id = 101 and s.id between 1300 and 1330"
        " and not exists (select from core.transactions as t"
        " where t.tenant_id = 101 and t.session_id = s.id)"
    )
    world.refresh()
    _check_all(world)

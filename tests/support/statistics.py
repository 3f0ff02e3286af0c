"""A world for statistics: sessions of every kind around a change to summer time."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

__all__ = ["FROM", "TO", "Row", "World"]

Row = dict[str, Any]

FROM, TO = date(2026, 3, 2), date(2026, 4, 26)
FIRST = datetime(2026, 2, 27, tzinfo=UTC)
FILTERS = ("site_id", "charge_point_id", "evse_id", "id_token_id", "user_id", "tariff_id")


class World:
    """Two tenants with sessions around a change to summer time, in one transaction."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection
        self.random = random.Random(20260329)
        self.tariffs: dict[int, list[int]] = {}

    def own(self, statement: str, *values: Any) -> list[Row]:
        """Run a statement as the owner of everything."""
        self.connection.execute("select tests.act_as_owner()")
        cursor = self.connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def refresh(self) -> None:
        """Run the job until nothing is left, as its login."""
        self.connection.execute("select tests.act_as_login('jobs')")
        while self.connection.execute("select jobs.refresh_facts() as done").fetchone() != {
            "done": ""
        }:
            pass

    def ask(self, persona: str, by: str, **filters: Any) -> list[Row]:
        """Ask for statistics as PostgREST would for somebody."""
        self.connection.execute("select tests.act_as(%s)", (persona,))
        cursor = self.connection.execute(
            "select * from api.transaction_statistics(%(from)s, %(to)s, %(by)s, %(site_id)s,"
            " %(charge_point_id)s, %(evse_id)s, %(id_token_id)s, %(user_id)s, %(tariff_id)s)",
            {"from": FROM, "to": TO, "by": by, **dict.fromkeys(FILTERS), **filters},
        )
        return cursor.fetchall()

    def build(self) -> None:
        """Places, tariffs and a few hundred sessions of every kind."""
        self.own("update ops.settings set value = '50' where name = 'reports.facts_batch'")
        for tenant, n in ((101, 1000), (102, 2000)):
            self.own(
                "insert into core.sites (tenant_id, id, name, country_code, time_zone)"
                " overriding system value values (%s, %s, 'Quay', 'PT', 'Europe/Lisbon')",
                tenant,
                n + 5,
            )
            self.own(
                "insert into core.charge_points (tenant_id, id, identity, site_id)"
                " overriding system value values (%s, %s, %s, %s)",
                tenant,
                n + 5,
                f"CP-{n + 5}",
                n + 5,
            )
            self.own(
                "insert into core.evses (tenant_id, id, charge_point_id, evse_no, created_at)"
                " overriding system value values (%s, %s, %s, 1, %s)",
                tenant,
                n + 5,
                n + 5,
                FIRST + timedelta(days=10),
            )
            self.tariffs[tenant] = [
                self._add_tariff(tenant, n + 50 + i, c) for i, c in enumerate(("EUR", "EUR", "CHF"))
            ]
            for i in range(240 if tenant == 101 else 40):
                self._add_session(tenant, n, n + 100 + i)
            for i in range(30):
                self._add_reservation(tenant, n, n + 600 + i)

    def _add_tariff(self, tenant: int, number: int, currency: str) -> int:
        self.own(
            "insert into core.tariffs (tenant_id, id, tariff_id, name)"
            " overriding system value values (%s, %s, %s, %s)",
            tenant,
            number,
            f"T{number}",
            f"Tariff {number}",
        )
        self.own(
            "insert into core.tariff_versions (tenant_id, id, tariff_id, version_no,"
            " ocpi_version, document, compiled, tariff_hash, currency, valid)"
            " overriding system value values (%s, %s, %s, 1, '2.2.1', '{}', '{}', %s, %s,"
            " tstzrange('2020-01-01Z', null))",
            tenant,
            number,
            number,
            "a" * 64,
            currency,
        )
        return number

    def _add_session(self, tenant: int, n: int, number: int) -> None:
        pick = self.random
        started = FIRST + timedelta(seconds=pick.randrange(62 * 86400))
        ended = started + timedelta(seconds=pick.choice((0, 90, 4000, 30000, 110000)))
        energy = pick.choice((0, 0, 7000, 12345, None))
        place = n + pick.choice((1, 2, 5))
        person = pick.choice((1, 2, 3))
        reason = pick.choice((None, None, "implausible_duration", "register_overlap"))
        self.own(
            "insert into core.sessions (tenant_id, id, charge_point_id, evse_id, protocol,"
            " transaction_id, start_key, state, id_token_id, user_id, authorization_status,"
            " started_at, ended_at, energy_wh, hold_reason, hold_details)"
            " overriding system value select %s, %s, %s, %s, 'ocpp1.6', %s, %s, %s, t.id,"
            " t.user_id, %s, %s, %s, %s, %s::text, %s"
            " from core.id_tokens as t where t.tenant_id = %s and t.id = %s",
            tenant,
            number,
            place,
            pick.choice((place, place, place, None)),
            str(number),
            f"key {number}",
            pick.choice(("ended", "ended", "presumed_ended")),
            pick.choice(("Accepted", "Accepted", "Blocked")),
            started,
            ended,
            energy,
            reason,
            json.dumps([{"reason": reason}]) if reason else None,
            tenant,
            n + person,
        )
        kind = pick.choice(("priced", "priced", "priced", "held", "written_off", "none"))
        if kind == "none":
            return
        self.own(
            "insert into core.transactions (tenant_id, id, session_id, state, rating_version,"
            " hold_reasons, held_at) overriding system value"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            tenant,
            number,
            number,
            kind,
            1 if kind == "priced" else None,
            ["made up"] if kind == "held" else None,
            ended if kind == "held" else None,
        )
        if kind == "priced":
            self.add_rating(tenant, number, 1, started, ended)

    def _add_reservation(self, tenant: int, n: int, number: int) -> None:
        made = FIRST + timedelta(seconds=self.random.randrange(62 * 86400))
        self.own(
            "insert into core.reservations (tenant_id, id, charge_point_id, reservation_no,"
            " ocpp16_connector_id, id_token, id_token_id, user_id, state, created_at, expires_at)"
            " overriding system value select %s, %s, %s, %s, 1, t.id_token, t.id, t.user_id,"
            " 'expired', %s, %s from core.id_tokens as t where t.tenant_id = %s and t.id = %s",
            tenant,
            number,
            n + self.random.choice((1, 5)),
            number,
            made,
            made + timedelta(minutes=30),
            tenant,
            n + 1,
        )
        self.own(
            "insert into core.transactions (tenant_id, id, reservation_id, state, rating_version)"
            " overriding system value values (%s, %s, %s, 'priced', 1)",
            tenant,
            number,
            number,
        )
        self.add_rating(tenant, number, 1, made, made + timedelta(minutes=30))

    def add_rating(
        self, tenant: int, number: int, version: int, started: datetime, ended: datetime
    ) -> None:
        """A calculation of a transaction: some time reserved, then charging and idle in turn."""
        pick = self.random
        reserved = timedelta(seconds=600 * pick.choice((0, 0, 1)))
        cuts = sorted(started + (ended - started) * pick.random() for _ in range(3))
        kinds = ["TIME", "PARKING_TIME", "TIME", "PARKING_TIME"]
        periods: list[tuple[datetime, str]] = list(zip([started, *cuts], kinds, strict=True))
        if reserved:
            periods.insert(0, (started - reserved, "RESERVATION_TIME"))
        net = pick.choice((Decimal("1.23"), Decimal("10.00"), None))
        self.own(
            "insert into core.ratings (tenant_id, transaction_id, version, reason,"
            " engine_version, tariff_version_id, tariff_hash, time_zone, currency, started_at,"
            " ended_at, energy_wh, charging_s, parking_s, reserved_s, total_excl_vat,"
            " total_incl_vat, session, result)"
            " select %s, %s, %s, %s, 'test', v.id, v.tariff_hash, 'UTC', v.currency, %s, %s, %s,"
            " %s, %s, %s, %s, %s, %s, '{}' from core.tariff_versions as v"
            " where v.tenant_id = %s and v.id = %s",
            tenant,
            number,
            version,
            "ended" if version == 1 else "rerated",
            started - reserved,
            ended,
            pick.choice((0, 5000, Decimal("7000.5"))),
            pick.randrange(5000),
            Decimal(pick.randrange(5000)) / 8,
            reserved.total_seconds(),
            net,
            None if net is not None and pick.random() < 0.1 else (net or Decimal(9)) * 2,
            json.dumps(
                {
                    "end_date_time": ended.isoformat(),
                    "charging_periods": [
                        {
                            "start_date_time": at.isoformat(),
                            "dimensions": [{"type": "ENERGY"}, {"type": kind}],
                        }
                        for at, kind in periods
                    ],
                }
            ),
            tenant,
            pick.choice(self.tariffs[tenant]),
        )

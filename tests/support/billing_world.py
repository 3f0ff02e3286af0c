"""Months of billing at random, with what should come of them: accounts of all kinds, two zones."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

TENANT = 101
FIRST = 5001
ZONES = {"a": ZoneInfo("Europe/Berlin"), "b": ZoneInfo("America/Los_Angeles")}
KINDS = (
    # entity, tax treatment, schedule, payer
    ("a", "standard", "monthly", None),
    ("a", "reverse_charge", "monthly", None),
    ("a", "exempt", "monthly", None),
    ("a", "standard", "monthly", FIRST),
    ("a", "standard", "session", None),
    ("b", "standard", "monthly", None),
    ("a", "standard", "monthly", FIRST),
)
MOVES = len(KINDS) - 1
"""The account that somebody else pays for now and then."""

__all__ = ["FIRST", "KINDS", "ZONES", "Charge", "World", "round_half_up"]

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(slots=True)
class Charge:
    """A transaction as it should be billed: of each rate net and gross, in cents."""

    account: int
    ended_at: datetime
    version: int
    is_gross: bool
    parts: dict[str, tuple[int, int]]
    state: str = "priced"
    goodwill: dict[tuple[int, str], int] = field(default_factory=dict)


def round_half_up(amount: Fraction | int) -> int:
    """No amount is negative: away from zero is up."""
    return floor(amount + Fraction(1, 2))


class World:
    """The database and the model of it."""

    def __init__(self, connection: Connection, url: str, seed: int) -> None:
        self.connection = connection
        self.url = url
        self.rng = random.Random(seed)
        self.charges: dict[int, Charge] = {}
        self.months: list[date] = []
        self.today = date(2026, 1, 1)
        self.entities: dict[str, int] = {}
        self.add_parties()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def add_parties(self) -> None:
        for name, zone in ZONES.items():
            self.entities[name] = self.one(
                "insert into core.legal_entities (tenant_id, name, address_line, postal_code,"
                " city, country_code, currency, language, time_zone, vat_id, grace_days)"
                " values (101, %s, 'Kai 1', '1', 'City', 'DE', 'EUR', 'en', %s, 'DE123456788', 3)"
                " returning id",
                f"Entity {name}",
                zone.key,
            )
        for number, (entity, treatment, schedule, payer) in enumerate(KINDS):
            account = FIRST + number
            self.connection.execute(
                "insert into core.customers (tenant_id, id, number, kind, name, email,"
                "  language, vat_id, vat_id_state, vat_id_checked_at) overriding system value"
                "  values (101, %(id)s, 'X' || %(id)s, 'company', 'X', 'x@depot.example.com', 'en',"
                "  'FR40303265045', 'valid', now())",
                {"id": account},
            )
            self.connection.execute(
                "insert into core.customer_addresses (tenant_id, customer_id, kind,"
                "  address_line, postal_code, city, country_code) values (101, %s, 'billing',"
                "  'Rue 1', '1', 'Paris', 'FR')",
                [account],
            )
            self.connection.execute(
                "insert into core.id_tokens (tenant_id, id, id_token) overriding system value"
                " values (101, %s, %s)",
                [account, f"X{account}"],
            )
            self.connection.execute(
                "insert into core.accounts (tenant_id, id, number, customer_id, legal_entity_id,"
                " currency, payment_method, tax_treatment, tax_exemption_reason, schedule,"
                " payer_account_id) overriding system value values (101, %s, %s, %s, %s, 'EUR',"
                " 'bank_transfer', %s, %s, %s, %s)",
                [
                    account,
                    f"X{account}",
                    account,
                    self.entities[entity],
                    treatment,
                    "an embassy" if treatment == "exempt" else None,
                    schedule,
                    payer,
                ],
            )
            self.connection.execute(
                "insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)"
                " values (101, %s, %s, '2020-01-01T00:00:00Z')",
                [account, account],
            )

    # What happens.

    def make_price(self) -> tuple[bool, dict[str, tuple[int, int]]]:
        is_gross = self.rng.random() < 0.5
        parts = {}
        for rate in self.rng.sample(["0", "7", "19", "5.5"], k=self.rng.choice((1, 1, 1, 2, 3))):
            amount = self.rng.choice((0, 1, 5, self.rng.randint(1, 5000)))
            percent = Fraction(rate)
            if is_gross:
                vat = round_half_up(amount * percent / (100 + percent))
                parts[rate] = (amount - vat, amount)
            else:
                parts[rate] = (amount, amount + round_half_up(amount * percent / 100))
        return is_gross, parts

    def pick_end(self, account: int) -> datetime:
        """Some time in the months behind today, often within a second of a month's end."""
        zone = ZONES[KINDS[account - FIRST][0]]
        if self.rng.random() < 0.4:
            months = [date(2026, m, 1) for m in range(1, 13) if date(2026, m, 1) <= self.today]
            first = self.rng.choice(months)
            moment = datetime(first.year, first.month, 1, tzinfo=zone).astimezone(UTC)
            return moment + self.rng.choice(
                (timedelta(0), timedelta(microseconds=-1), timedelta(seconds=1))
            )
        start = datetime(2025, 12, 15, tzinfo=UTC)
        span = datetime(self.today.year, self.today.month, 1, tzinfo=UTC) - start
        return start + span * self.rng.random()

    def write_rating(self, transaction: int, charge: Charge) -> None:
        net = sum(part[0] for part in charge.parts.values())
        gross = sum(part[1] for part in charge.parts.values())
        self.connection.execute(
            "insert into core.ratings (tenant_id, transaction_id, version, reason, engine_version,"
            " tariff_version_id, tariff_hash, time_zone, currency, started_at, ended_at, energy_wh,"
            " charging_s, parking_s, reserved_s, total_excl_vat, total_incl_vat, session, result)"
            " select 101, %s, %s, 'ended', '1', min(v.id), 'x', 'Europe/Berlin', 'EUR', %s, %s,"
            " 20000, 3600, 0, 0, %s, %s, '{}', %s from core.tariff_versions as v"
            " where v.tenant_id = 101",
            [
                transaction,
                charge.version,
                charge.ended_at - timedelta(hours=1),
                charge.ended_at,
                Decimal(net) / 100,
                Decimal(gross) / 100,
                Jsonb(
                    {
                        "tax_included": "YES" if charge.is_gross else "NO",
                        "taxes": [
                            {
                                "vat": float(rate),
                                "net": str(Decimal(part[0]) / 100),
                                "tax": str(Decimal(part[1] - part[0]) / 100),
                                "gross": str(Decimal(part[1]) / 100),
                            }
                            for rate, part in charge.parts.items()
                        ],
                    }
                ),
            ],
        )

    def charge(self) -> None:
        account = FIRST + self.rng.choice((*range(len(KINDS)), MOVES, MOVES))
        ended_at = self.pick_end(account)
        charge = Charge(account, ended_at, 1, *self.make_price())
        transaction = 600_000 + len(self.charges)
        with self.connection.transaction():
            self.connection.execute(
                "insert into core.sessions (tenant_id, id, charge_point_id, protocol,"
                " transaction_id, start_key, state, id_token, id_token_id, authorization_status,"
                " started_at, start_received_at, ended_at, stop_received_at, meter_start_wh,"
                " meter_stop_wh, energy_wh) overriding system value select 101, %(id)s,"
                " min(c.id), 'ocpp1.6', 'x' || %(id)s, 'x' || %(id)s, 'ended', 'X', %(token)s,"
                " 'Accepted', %(start)s, %(start)s, %(end)s, %(end)s, 0, 20000, 20000"
                " from core.charge_points as c where c.tenant_id = 101",
                {
                    "id": transaction,
                    "token": account,
                    "start": ended_at - timedelta(hours=1),
                    "end": ended_at,
                },
            )
            self.connection.execute(
                "insert into core.transactions (tenant_id, id, session_id, state, started_at,"
                " ended_at, rating_version) overriding system value values (101, %s, %s, 'priced',"
                " %s, %s, 1)",
                [transaction, transaction, ended_at - timedelta(hours=1), ended_at],
            )
            self.write_rating(transaction, charge)
        self.charges[transaction] = charge

    def pick(self, *states: str) -> int | None:
        found = [number for number, charge in self.charges.items() if charge.state in states]
        return self.rng.choice(found) if found else None

    def rerate(self) -> None:
        transaction = self.pick("priced", "held")
        if transaction is None:
            return
        charge = self.charges[transaction]
        charge.version += 1
        charge.is_gross, charge.parts = self.make_price()
        charge.state = "priced"
        with self.connection.transaction():
            self.write_rating(transaction, charge)
            self.connection.execute(
                "update core.transactions set state = 'priced', rating_version = %s,"
                " hold_reasons = null, held_at = null where tenant_id = 101 and id = %s",
                [charge.version, transaction],
            )

    def hold(self) -> None:
        transaction = self.pick("priced")
        if transaction is None:
            return
        self.charges[transaction].state = "held"
        self.connection.execute(
            "update core.transactions set state = 'held', hold_reasons = '{odd}', held_at = now()"
            " where tenant_id = 101 and id = %s",
            [transaction],
        )

    def release(self) -> None:
        transaction = self.pick("held")
        if transaction is None:
            return
        self.charges[transaction].state = "priced"
        self.connection.execute(
            "update core.transactions set state = 'priced', hold_reasons = null, held_at = null"
            " where tenant_id = 101 and id = %s",
            [transaction],
        )

    def write_off(self) -> None:
        transaction = self.pick("priced", "held")
        if transaction is None:
            return
        self.charges[transaction].state = "written_off"
        self.connection.execute(
            "update core.transactions set state = 'written_off', hold_reasons = null,"
            " held_at = null, written_off_at = now(), written_off_version = rating_version"
            " where tenant_id = 101 and id = %s",
            [transaction],
        )

    def move_payer(self) -> None:
        self.connection.execute(
            "update core.accounts set payer_account_id = %s where tenant_id = 101 and id = %s",
            [self.rng.choice((None, FIRST, FIRST + 2, FIRST + 4)), FIRST + MOVES],
        )

    def bill_sessions(self) -> None:
        while str(self.one("select jobs.bill_sessions()")).endswith("more is left"):
            pass

    def run(self) -> None:
        """The run of the month that is over, after a preview of it."""
        month = self.today
        self.today = (self.today.replace(day=28) + timedelta(days=5)).replace(day=1)
        for _ in range(2):
            self.charge()
        with self.connection.transaction():
            self.connection.execute("select tests.act_as('greenway.admin')")
            preview = {
                row[0]: row[1:]
                for row in self.rows(
                    "select account_id, total_excl_vat, total_vat, total_incl_vat, transactions"
                    " from api.preview_billing_run(%s) where transactions > 0 and account_id >= %s",
                    month.strftime("%Y-%m"),
                    FIRST,
                )
            }
        self.connection.execute("select billing.run(101, %s)", [month])
        made = {
            row[0]: row[1:]
            for row in self.rows(
                "select i.account_id, total_excl_vat, total_vat, total_incl_vat, a.transactions"
                " from core.invoices as i join core.billing_run_accounts as a"
                " on a.tenant_id = i.tenant_id and a.invoice_id = i.id"
                " where i.tenant_id = 101 and i.kind = 'invoice' and i.period_from = %s"
                " and i.account_id >= %s",
                month,
                FIRST,
            )
        }
        assert made == preview
        self.months.append(month)
        # Nobody was forgotten, and nothing came too early.
        billed = {
            (row[0], row[1]): row[2]
            for row in self.rows(
                "select transaction_id, rating_version, max(i.period_to) from core.invoice_lines"
                " as l join core.invoices as i on i.tenant_id = l.tenant_id and i.id ="
                " l.invoice_id where l.tenant_id = 101 and not l.is_credit and"
                " l.transaction_id is not null group by 1, 2"
            )
        }
        for number, charge in self.charges.items():
            payer = self.one(
                "select payer_account_id from billing.transaction_accounts"
                " where tenant_id = 101 and transaction_id = %s",
                number,
            )
            if charge.state != "priced" or KINDS[payer - FIRST][2] == "session":
                continue
            day = charge.ended_at.astimezone(ZONES[KINDS[payer - FIRST][0]]).date()
            key = (number, charge.version)
            assert (key in billed) == (day < self.today) or key in billed, (number, charge)
            if billed.get(key) is not None:
                assert day < billed[key], (number, charge)

    def together(self) -> None:
        """Two runs of a month, a job and an accountant, while a price changes."""
        month = self.today
        self.today = (self.today.replace(day=28) + timedelta(days=5)).replace(day=1)
        self.months.append(month)
        bad: list[str] = []
        run = ("select accounts_waiting > 0 from billing.run(101, %s, null, 2)", [month])
        finalise = (
            "select cardinality(billing.finalise_invoices(101, array(select id from core.invoices"
            " where tenant_id = 101 and state = 'draft' and account_id >= %s))) < 0"
        )
        calls: list[tuple[str, list[Any]]] = [
            run,
            run,
            ("select jobs.bill_sessions() like '%%more is left'", []),
            (finalise, [FIRST]),
        ]

        def call(query: str, values: list[Any]) -> None:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for _ in range(20):
                    try:
                        row = connection.execute(query, values).fetchone()
                    except psycopg.errors.DeadlockDetected:
                        # Undone as a whole; in the runner the job comes again.
                        continue
                    except psycopg.Error as error:
                        bad.append(str(error))
                        return
                    if row is None or not row[0]:
                        return

        threads = [threading.Thread(target=call, args=one) for one in calls]
        for thread in threads:
            thread.start()
        for _ in range(3):
            self.rng.choice((self.rerate, self.hold, self.release, self.charge))()
        for thread in threads:
            thread.join()
        assert not bad

    def finalise(self) -> None:
        drafts = [
            row[0]
            for row in self.rows(
                "select id from core.invoices where tenant_id = 101 and state = 'draft'"
                " and account_id >= %s",
                FIRST,
            )
        ]
        some = self.rng.sample(drafts, k=self.rng.randint(0, len(drafts)))
        self.connection.execute("select billing.finalise_invoices(101, %s)", [some])

    def delete_draft(self) -> None:
        drafts = self.rows(
            "select id from core.invoices where tenant_id = 101 and state = 'draft'"
            " and account_id >= %s",
            FIRST,
        )
        if drafts:
            with self.connection.transaction():
                self.connection.execute("select tests.act_as('greenway.admin')")
                self.connection.execute("select api.delete_draft(%s)", [self.rng.choice(drafts)[0]])

    def give(self) -> None:
        """A part of a line, or all of it, as a favour."""
        lines = self.rows(
            "select l.invoice_id, l.line, case when l.includes_vat then l.amount_incl_vat"
            " else l.amount_excl_vat end, l.transaction_id, l.rating_version, l.vat_rate"
            " from core.invoice_lines as l join core.invoices as i on i.tenant_id = l.tenant_id"
            " and i.id = l.invoice_id where l.tenant_id = 101 and i.state = 'finalised'"
            " and i.kind = 'invoice' and l.account_id >= %s and l.transaction_id is not null"
            " order by 1, 2",
            FIRST,
        )
        if not lines:
            return
        invoice, line, whole, transaction, version, rate = self.rng.choice(lines)
        cents = self.rng.choice((int(whole * 100), self.rng.randint(1, max(1, int(whole * 100)))))
        if cents == 0:
            return
        try:
            with self.connection.transaction():
                self.connection.execute("select tests.act_as('greenway.admin')")
                self.connection.execute(
                    "select api.credit_invoice(%s, 'as agreed', %s)",
                    [invoice, Jsonb([{"line": line, "amount": f"{Decimal(cents) / 100:.2f}"}])],
                )
        except psycopg.Error as error:
            if error.sqlstate != "PT409":
                raise
            # So much was not left of it.
            return
        goodwill = self.charges[transaction].goodwill
        key = (version, str(Fraction(str(rate))))
        goodwill[key] = goodwill.get(key, 0) + cents

    def post(self) -> None:
        while str(self.one("select jobs.post_ratings()")).endswith("more is left"):
            pass

"""Months of billing at random, beside a second bookkeeping in exact fractions.

Sessions are priced, priced anew, held and written off while runs make drafts and drafts are
finalised, deleted and credited, some of it at once. At the end everybody was billed what the last
price says, to the cent. A seed that fails is a test of its own.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from tests.support.billing_world import FIRST, KINDS, World, round_half_up
from tests.support.databases import Database

OPERATIONS = 100


def check_invoices(world: World) -> None:
    """VAT once per rate in exact fractions, and sums that are sums."""
    lines: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in world.rows(
        "select invoice_id, vat_rate, includes_vat, amount_excl_vat, amount_incl_vat"
        " from core.invoice_lines where tenant_id = 101 and account_id >= %s",
        FIRST,
    ):
        lines[row[0]].append(row[1:])
    for invoice, kind, treatment, excl, vat, incl, taxes in world.rows(
        "select id, kind, tax_treatment, total_excl_vat, total_vat, total_incl_vat,"
        " (select jsonb_object_agg(t.vat_rate, array[t.amount_excl_vat, t.vat])"
        "  from core.invoice_taxes as t where t.tenant_id = i.tenant_id"
        "  and t.invoice_id = i.id)"
        " from core.invoices as i where tenant_id = 101 and account_id >= %s",
        FIRST,
    ):
        parts = lines[invoice]
        assert parts, f"invoice {invoice} has no lines"
        assert excl == sum(part[2] for part in parts)
        assert incl == sum(part[3] for part in parts)
        assert vat == incl - excl
        for rate in {part[0] for part in parts}:
            of_rate = [part for part in parts if part[0] == rate]
            percent = Fraction(str(rate))
            assert treatment == "standard" or percent == 0
            exact = sum(
                Fraction(str(part[3])) * percent / (100 + percent)
                if part[1]
                else Fraction(str(part[2])) * percent / 100
                for part in of_rate
            )
            figures = taxes[str(rate)]
            assert Fraction(str(figures[0])) == sum(Fraction(str(p[2])) for p in of_rate)
            if kind == "invoice":
                cents = Fraction(round_half_up(exact * 100), 100)
                assert Fraction(str(figures[1])) == cents, invoice


def check_end(world: World) -> None:
    """Everybody was billed the last price less what they were given, and the books say so."""
    billed: dict[tuple[int, int, str], int] = defaultdict(int)
    for transaction, version, rate, cents in world.rows(
        "select transaction_id, rating_version, vat_rate, sum(100 * case when includes_vat then"
        " amount_incl_vat else amount_excl_vat end * case when is_credit then -1 else 1 end)"
        " from core.invoice_lines as l join core.invoices as i on i.tenant_id = l.tenant_id"
        " and i.id = l.invoice_id where l.tenant_id = 101 and l.transaction_id >= 600000"
        " and i.state = 'finalised' group by 1, 2, 3"
    ):
        billed[transaction, version, str(Fraction(str(rate)))] = int(cents)
    unbilled = world.rows(
        "select legal_entity_id, sum(amount) from core.ledger_entries where tenant_id = 101"
        " and ledger_account = 'unbilled' and legal_entity_id = any(%s) group by 1",
        list(world.entities.values()),
    )
    payers = {
        (row[0], row[1]): row[2]
        for row in world.rows(
            "select transaction_id, rating_version, account_id from core.invoice_lines"
            " where tenant_id = 101 and transaction_id >= 600000 and not is_credit"
        )
    }
    for number, charge in world.charges.items():
        got = {
            (version, rate): cents
            for (transaction, version, rate), cents in billed.items()
            if transaction == number and cents != 0
        }
        want: dict[tuple[int, str], int] = defaultdict(int)
        if charge.state == "priced":
            is_taxed = KINDS[payers[number, charge.version] - FIRST][1] == "standard"
            for rate, part in charge.parts.items():
                key = (charge.version, str(Fraction(rate)) if is_taxed else "0")
                want[key] += part[1] if charge.is_gross and is_taxed else part[0]
            for (version, rate), cents in charge.goodwill.items():
                if version == charge.version:
                    want[version, rate] -= cents
        assert got == {key: cents for key, cents in want.items() if cents != 0}, (
            number,
            charge,
        )
    assert all(row[1] == 0 for row in unbilled), unbilled
    # VAT in the books is that of the documents, and receivables are their sums.
    entities = list(world.entities.values())
    billed_vat, billed_gross = world.rows(
        "select sum(total_vat * v.sign), sum(total_incl_vat * v.sign) from core.invoices"
        " cross join lateral (select case kind when 'invoice' then 1 else -1 end as sign) as v"
        " where tenant_id = 101 and state = 'finalised' and legal_entity_id = any(%s)",
        entities,
    )[0]
    booked = dict(
        world.rows(
            "select ledger_account, sum(amount) from core.ledger_entries where tenant_id = 101"
            " and legal_entity_id = any(%s) group by 1",
            entities,
        )
    )
    assert booked["receivables"] == billed_gross
    assert -booked["vat"] == billed_vat
    # Rounding is cents: less than one for each document and rate.
    rounding = world.one(
        "select coalesce(sum(abs(amount)), 0) from core.ledger_entries where tenant_id = 101"
        " and ledger_account = 'rounding' and legal_entity_id = any(%s)",
        entities,
    )
    lines = world.one("select count(*) from core.invoice_lines where account_id >= %s", FIRST)
    assert rounding <= Decimal(lines) / 100


@pytest.mark.parametrize("seed", [1, 10, 15])
def test_everybody_is_billed_the_last_price_to_the_cent(database: Database, seed: int) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        world = World(connection, database.superuser_url, seed)
        weights = {
            world.charge: 12,
            world.rerate: 5,
            world.hold: 3,
            world.release: 2,
            world.write_off: 1,
            world.move_payer: 4,
            world.bill_sessions: 3,
            world.run: 3,
            world.together: 2,
            world.finalise: 5,
            world.delete_draft: 1,
            world.give: 3,
            world.post: 3,
        }
        for operation in world.rng.choices(list(weights), list(weights.values()), k=OPERATIONS):
            if operation not in (world.run, world.together) or len(world.months) < 10:
                operation()
                check_invoices(world)
        while world.pick("held") is not None:
            world.release()
        # Runs to come bill what is left.
        for month in range(1, 6):
            world.bill_sessions()
            connection.execute("select billing.run(101, %s)", [date(2027, month, 1)])
            connection.execute(
                "select billing.finalise_invoices(101, array(select id from core.invoices"
                " where tenant_id = 101 and state = 'draft' and account_id >= %s))",
                [FIRST],
            )
        world.post()
        check_invoices(world)
        check_end(world)

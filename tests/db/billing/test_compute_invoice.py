"""VAT of invoices against a second calculation in exact fractions, and credit notes in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.databases import Database

Line = tuple[int, bool, str]
"""Cents (or whatever the currency has), whether VAT is in them, the rate."""

DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3}
RATES = ["0", "5.5", "7", "19", "20", "25"]
LINES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 12), st.integers(0, 2_000_000)),
        st.booleans(),
        st.sampled_from(RATES),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def books(module_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection, with an account of tenant 101 whose number is kept in app.account."""
    with psycopg.connect(module_database.owner_url) as connection:
        connection.execute(
            "with entity as ("
            "  insert into core.legal_entities (tenant_id, name, address_line, postal_code, city,"
            "   country_code, currency, language, time_zone) values (101, 'VAT', 'Street 1', '1',"
            "   'City', 'DE', 'EUR', 'en', 'Europe/Berlin') returning id),"
            " customer as ("
            "  insert into core.customers (tenant_id, number, kind, name, email, language)"
            "  values (101, 'VAT-1', 'company', 'VAT', 'vat@depot.example.com', 'en')"
            "  returning id),"
            " account as ("
            "  insert into core.accounts (tenant_id, number, customer_id, legal_entity_id,"
            "   currency, payment_method) select 101, 'VAT-1', customer.id, entity.id, 'EUR',"
            "   'bank_transfer' from entity, customer"
            "  returning id)"
            " select set_config('test.account', account.id::text, false),"
            " set_config('test.entity', entity.id::text, false) from account, entity"
        )
        connection.commit()
        yield connection


def add_draft(
    books: psycopg.Connection[Any],
    lines: list[tuple[int, bool, str]],
    currency: str,
    *,
    credits_invoice: int | None = None,
    credited_lines: list[int] | None = None,
) -> int:
    """A draft with these lines as one-off charges; returns its id, computed."""
    row = books.execute(
        "insert into core.invoices (tenant_id, legal_entity_id, account_id, kind, occasion,"
        " currency, payment_method, language, credited_invoice_id, reason)"
        " values (101, current_setting('test.entity')::bigint,"
        " current_setting('test.account')::bigint, %(kind)s, %(occasion)s, %(currency)s,"
        " 'bank_transfer', 'en', %(credited)s, %(reason)s) returning id",
        {
            "kind": "invoice" if credits_invoice is None else "credit_note",
            "occasion": "one_off" if credits_invoice is None else "correction",
            "currency": currency,
            "credited": credits_invoice,
            "reason": None if credits_invoice is None else "credited in pieces",
        },
    ).fetchone()
    assert row is not None
    invoice = int(row[0])
    unit = Decimal(1).scaleb(-DECIMALS[currency])
    books.execute(
        "insert into core.invoice_lines (tenant_id, invoice_id, line, account_id, kind, is_credit,"
        " credited_line, description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat)"
        " select 101, %(invoice)s, l.ordinality, current_setting('test.account')::bigint,"
        " 'one_off', %(is_credit)s, l.credited, 'line', l.includes_vat, l.rate, l.amount, l.amount"
        " from rows from (jsonb_to_recordset(%(lines)s::jsonb) as (amount numeric,"
        "  includes_vat boolean, rate numeric, credited integer)) with ordinality as l"
        "  (amount, includes_vat, rate, credited, ordinality)",
        {
            "invoice": invoice,
            "is_credit": credits_invoice is not None,
            "lines": json.dumps(
                [
                    {
                        "amount": str(amount * unit),
                        "includes_vat": includes_vat,
                        "rate": rate,
                        "credited": credited_lines[number] if credited_lines else None,
                    }
                    for number, (amount, includes_vat, rate) in enumerate(lines)
                ]
            ),
        },
    )
    books.execute("select billing.compute_invoice(101, array[%s::bigint])", [invoice])
    return invoice


def read_cents(books: psycopg.Connection[Any], invoice: int) -> list[tuple[int, int, bool, str]]:
    """(net, gross, includes_vat, rate) of each line in the smallest unit of the currency."""
    return [
        (int(net * scale), int(gross * scale), includes_vat, str(rate.normalize()))
        for net, gross, includes_vat, rate, scale in books.execute(
            "select l.amount_excl_vat, l.amount_incl_vat, l.includes_vat, l.vat_rate,"
            " 10::numeric ^ pricing.get_currency_decimals(i.currency)"
            " from core.invoice_lines as l"
            " join core.invoices as i on i.tenant_id = l.tenant_id and i.id = l.invoice_id"
            " where l.tenant_id = 101 and l.invoice_id = %s order by l.line",
            [invoice],
        )
    ]


def round_half_up(amount: Fraction | int) -> int:
    """No amount is negative: away from zero is up."""
    return floor(amount + Fraction(1, 2))


def work_out(lines: list[Line]) -> list[tuple[int, int]]:
    """Net and gross of each line by the rules of DESIGN 19, in exact fractions."""
    vats = [0] * len(lines)
    for rate in {line[2] for line in lines}:
        percent = Fraction(rate)
        shares = {
            number: Fraction(amount) * percent / (100 + (percent if includes_vat else 0))
            for number, (amount, includes_vat, line_rate) in enumerate(lines)
            if line_rate == rate
        }
        within = {number for number in shares if lines[number][1]}
        of_gross = round_half_up(sum(shares[number] for number in within))
        of_net = round_half_up(sum(shares.values())) - of_gross
        for numbers, vat in ((within, of_gross), (shares.keys() - within, of_net)):
            left = vat - sum(floor(shares[number]) for number in numbers)
            turns = sorted(numbers, key=lambda n: (floor(shares[n]) - shares[n], n))
            for turn, number in enumerate(turns):
                vats[number] = floor(shares[number]) + (1 if turn < left else 0)
    return [
        (amount - vat, amount) if includes_vat else (amount, amount + vat)
        for (amount, includes_vat, _), vat in zip(lines, vats, strict=True)
    ]


@contextmanager
def undone(books: psycopg.Connection[Any]) -> Iterator[None]:
    """What an example wrote goes again."""
    try:
        yield
    finally:
        books.rollback()


@settings(max_examples=150, deadline=None)
@given(lines=LINES, currency=st.sampled_from(sorted(DECIMALS)))
def test_vat_is_rounded_once_a_rate_and_shared_by_the_largest_remainder(
    books: psycopg.Connection[Any], lines: list[Line], currency: str
) -> None:
    with undone(books):
        invoice = add_draft(books, lines, currency)
        expected = work_out(lines)
        assert [(net, gross) for net, gross, _, _ in read_cents(books, invoice)] == expected
        scale = 10 ** DECIMALS[currency]
        row = books.execute(
            "select total_excl_vat, total_vat, total_incl_vat, (select coalesce(jsonb_object_agg("
            "  vat_rate, array[amount_excl_vat, vat, amount_incl_vat]), '{}')"
            "  from core.invoice_taxes as t"
            "  where t.tenant_id = i.tenant_id and t.invoice_id = i.id)"
            " from core.invoices as i where tenant_id = 101 and id = %s",
            [invoice],
        ).fetchone()
        assert row is not None
        net, gross = (sum(line[side] for line in expected) for side in (0, 1))
        assert [figure * scale for figure in row[:3]] == [net, gross - net, gross]
        by_rate = {
            Fraction(rate): [Fraction(str(figure)) * scale for figure in figures]
            for rate, figures in row[3].items()
        }
        for rate in {line[2] for line in lines}:
            of_rate = [
                line
                for line, (_, _, line_rate) in zip(expected, lines, strict=True)
                if line_rate == rate
            ]
            net, gross = (sum(line[side] for line in of_rate) for side in (0, 1))
            assert by_rate.pop(Fraction(rate)) == [net, gross - net, gross]
        assert by_rate == {}


@settings(max_examples=60, deadline=None)
@given(lines=LINES, data=st.data())
def test_an_invoice_that_is_credited_in_pieces_is_credited_to_the_cent(
    books: psycopg.Connection[Any], lines: list[Line], data: st.DataObject
) -> None:
    with undone(books):
        invoice = add_draft(books, lines, "EUR")
        rest = [amount for amount, _, _ in lines]
        back = [[0, 0] for _ in lines]
        is_last = False
        while not is_last:
            is_last = not data.draw(st.booleans(), label="another piece")
            taken = [
                amount if is_last else data.draw(st.integers(0, amount), label="piece")
                for amount in rest
            ]
            numbers = [number for number, amount in enumerate(taken) if amount > 0]
            note = add_draft(
                books,
                [(taken[number], *lines[number][1:]) for number in numbers],
                "EUR",
                credits_invoice=invoice,
                credited_lines=[number + 1 for number in numbers],
            )
            for number, (net, gross, _, _) in zip(numbers, read_cents(books, note), strict=True):
                back[number][0] += net
                back[number][1] += gross
            rest = [left - amount for left, amount in zip(rest, taken, strict=True)]
        assert back == [[net, gross] for net, gross, _, _ in read_cents(books, invoice)]


def test_computing_again_changes_nothing(books: psycopg.Connection[Any]) -> None:
    with undone(books):
        invoice = add_draft(books, [(1001, True, "19"), (777, False, "19"), (5, True, "7")], "EUR")
        before = read_cents(books, invoice)
        books.execute("select billing.compute_invoice(101, array[%s::bigint])", [invoice])
        assert read_cents(books, invoice) == before
        taxes = books.execute(
            "select count(*) from core.invoice_taxes where invoice_id = %s", [invoice]
        ).fetchone()
        assert taxes == (2,)


def test_a_rate_under_reverse_charge_is_refused(books: psycopg.Connection[Any]) -> None:
    with undone(books):
        invoice = add_draft(books, [(1000, False, "19")], "EUR")
        books.execute(
            "update core.invoices set tax_treatment = 'reverse_charge' where id = %s", [invoice]
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            books.execute("select billing.compute_invoice(101, array[%s::bigint])", [invoice])

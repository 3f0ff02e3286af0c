"""The books under everything at once: random operations by several connections, then the proofs.

Sessions are priced, priced anew, written off, billed; invoices are written, finalised, credited,
paid, written off and dunned; money comes, goes back and fills wallets, all at the same time. Then
whatever had happened has to add up. A seed that fails is a test of its own.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.support.databases import Database

WORKERS = 4
OPERATIONS = 60

SESSIONS = "select s.id from core.sessions as s where s.tenant_id = 101 and s.id < 999"
"""Those of this test: others have greater numbers."""

Connection = psycopg.Connection[tuple[Any, ...]]
Operation = Callable[[Connection, random.Random], None]


def one(connection: Connection, query: str, *values: object) -> Any:
    """The only value of a query, None without a row."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]


def pick(connection: Connection, rng: random.Random, query: str) -> Any:
    """Any of the values that a query finds, None when there are none."""
    rows = connection.execute(query).fetchall()
    return rng.choice(rows)[0] if rows else None


def amount(rng: random.Random) -> Decimal:
    """Some money, in cents."""
    return Decimal(rng.randint(1, 5000)) / 100


def as_owner(connection: Connection) -> None:
    connection.execute("select tests.act_as_owner()")


def as_admin(connection: Connection) -> None:
    connection.execute("select tests.act_as('greenway.admin')")


def charge(connection: Connection, rng: random.Random) -> None:
    """A session of an hour ends."""
    as_owner(connection)
    connection.execute(
        "with session as ("
        "  insert into core.sessions as s ("
        "    tenant_id, charge_point_id, evse_id, connector_id, protocol, transaction_id,"
        "    start_key, state, id_token, id_token_id, user_id, authorization_status, started_at,"
        "    start_received_at, ended_at, stop_received_at, meter_start_wh, meter_stop_wh,"
        "    energy_wh, last_meter_wh, last_reading_at)"
        "  select 101, t.id, t.id, t.id, 'ocpp1.6', k.key, k.key, 'ended', t.id_token, t.id,"
        "    t.user_id, 'Accepted', now() - interval '1 hour', now() - interval '1 hour', now(),"
        "    now(), 0, e.wh, e.wh, e.wh, now()"
        "  from core.id_tokens as t, (values (%s::text)) as k (key), (values (%s::int)) as e (wh)"
        "  where t.tenant_id = 101 and t.id = %s returning s)"
        " select pricing.set_session_tariff(session.s) from session",
        [str(rng.getrandbits(60)), rng.randint(0, 20000), rng.choice((1001, 1002))],
    )


def rate(connection: Connection, _: random.Random) -> None:
    as_owner(connection)
    connection.execute("select jobs.rate_sessions()")


def post(connection: Connection, _: random.Random) -> None:
    as_owner(connection)
    connection.execute("select jobs.post_ratings()")


def correct(connection: Connection, rng: random.Random) -> None:
    """A session is given another figure, and so another price."""
    session = pick(
        connection,
        rng,
        "select s.id from core.sessions as s where s.tenant_id = 101 and s.id < 999",
    )
    as_admin(connection)
    connection.execute(
        "select api.correct_session(%s, 'the meter was read', meter_stop_wh => %s)",
        [session, rng.randint(0, 20000)],
    )


def write_off_session(connection: Connection, rng: random.Random) -> None:
    session = pick(
        connection,
        rng,
        "select s.id from core.sessions as s where s.tenant_id = 101 and s.id < 999",
    )
    as_admin(connection)
    connection.execute("select api.write_off_session(%s, 'a gift')", [session])


def bill(connection: Connection, rng: random.Random) -> None:
    """The run of some month: what was charged before its end and is not billed."""
    as_owner(connection)
    connection.execute(
        "select billing.run(101, m.first) from (select (date_trunc('month', now())"
        " + make_interval(months => %s))::date) as m (first)",
        [rng.randint(0, 12)],
    )


def finalise(connection: Connection, rng: random.Random) -> None:
    drafts = connection.execute(
        "select i.id from core.invoices as i where i.tenant_id = 101 and i.state = 'draft'"
    ).fetchall()
    as_owner(connection)
    connection.execute(
        "select billing.finalise_invoices(101, %s)",
        [[row[0] for row in rng.sample(drafts, k=min(len(drafts), rng.randint(1, 5)))]],
    )


def invoice_by_hand(connection: Connection, rng: random.Random) -> None:
    as_admin(connection)
    connection.execute(
        "select api.create_invoice(%s, %s)",
        [
            rng.choice((1001, 1002)),
            json.dumps(
                [
                    {
                        "description": "A card",
                        "quantity": rng.randint(1, 3),
                        "unit_price": float(amount(rng)),
                    }
                ]
            ),
        ],
    )


def any_invoice(connection: Connection, rng: random.Random) -> Any:
    return pick(
        connection,
        rng,
        "select i.id from core.invoices as i"
        " where i.tenant_id = 101 and i.state = 'finalised' and i.kind = 'invoice'",
    )


def credit(connection: Connection, rng: random.Random) -> None:
    invoice = any_invoice(connection, rng)
    as_admin(connection)
    connection.execute(
        "select api.credit_invoice(%s, 'as agreed', amount => %s)",
        [invoice, rng.choice((None, amount(rng)))],
    )


def write_off_invoice(connection: Connection, rng: random.Random) -> None:
    invoice = any_invoice(connection, rng)
    as_admin(connection)
    connection.execute(
        "select api.write_off_invoice(%s, 'never paid', %s)",
        [invoice, rng.choice((None, amount(rng)))],
    )


def pay(connection: Connection, rng: random.Random) -> None:
    """Money comes from a bank: for an invoice, or just so."""
    account = rng.choice((1001, 1002))
    invoice = rng.choice((None, any_invoice(connection, rng)))
    take(connection, rng, account, invoice, "invoice", "suspense")


def top_up(connection: Connection, rng: random.Random) -> None:
    take(connection, rng, 1002, None, "top_up", "card_clearing")


def take(
    connection: Connection,
    rng: random.Random,
    account: int,
    invoice: Any,
    purpose: str,
    from_ledger_account: str,
) -> None:
    as_owner(connection)
    payment = one(
        connection,
        "insert into core.payments (tenant_id, legal_entity_id, account_id, purpose, method,"
        "  provider, idempotency_key, amount, currency, state, invoice_id)"
        " values (101, 1001, %s, %s, 'bank_transfer', 'bank', %s, %s, 'EUR', 'pending', %s)"
        " returning id",
        account,
        purpose,
        str(rng.getrandbits(60)),
        amount(rng),
        invoice,
    )
    connection.execute(
        "select billing.book_payment(101, %s, current_date, %s)", [payment, from_ledger_account]
    )


def give_back(connection: Connection, rng: random.Random) -> None:
    """The bank takes a payment back, for a fee or none."""
    payment = pick(
        connection,
        rng,
        "select p.id from core.payments as p where p.tenant_id = 101 and p.direction = 'in'"
        " and p.provider = 'bank'",
    )
    as_owner(connection)
    connection.execute(
        "select billing.return_payment(101, %s, current_date, 'AC04', %s, 'suspense')",
        [payment, rng.choice((Decimal(0), Decimal("3.50")))],
    )


def refund(connection: Connection, rng: random.Random) -> None:
    payment = pick(
        connection,
        rng,
        "select p.id from core.payments as p where p.tenant_id = 101 and p.direction = 'in'"
        " and p.state = 'succeeded' and p.provider = 'bank'",
    )
    as_admin(connection)
    connection.execute(
        "select api.refund_payment(%s, 'as asked for', %s)",
        [payment, rng.choice((None, amount(rng)))],
    )


def book_refund(connection: Connection, rng: random.Random) -> None:
    payment = pick(
        connection,
        rng,
        "select p.id from core.payments as p where p.tenant_id = 101 and p.direction = 'out'",
    )
    as_owner(connection)
    connection.execute("select billing.book_refund(101, %s, current_date, 'suspense')", [payment])


def remind(connection: Connection, _: random.Random) -> None:
    as_owner(connection)
    connection.execute("select jobs.run_dunning()")


def waive(connection: Connection, rng: random.Random) -> None:
    notice = pick(
        connection,
        rng,
        "select n.id from core.dunning_notices as n"
        " where n.tenant_id = 101 and n.fee > 0 and n.waived_at is null",
    )
    as_admin(connection)
    connection.execute("select api.waive_dunning_fee(%s, 'a good customer')", [notice])


def adjust(connection: Connection, rng: random.Random) -> None:
    given = float(amount(rng))
    as_admin(connection)
    connection.execute(
        "select api.post_adjustment(1001, %s, 'by hand')",
        [
            json.dumps(
                [
                    {"ledger_account": "payment_fees", "amount": given},
                    {"ledger_account": "rounding", "amount": -given},
                ]
            )
        ],
    )


MIX: dict[Operation, int] = {
    charge: 6,
    rate: 4,
    post: 3,
    correct: 3,
    write_off_session: 1,
    bill: 4,
    finalise: 5,
    invoice_by_hand: 3,
    credit: 3,
    write_off_invoice: 1,
    pay: 5,
    top_up: 3,
    give_back: 2,
    refund: 2,
    book_refund: 2,
    remind: 1,
    waive: 1,
    adjust: 1,
}


def work(database: Database, seed: int, done: Counter[str], bad: list[str]) -> None:
    """One connection's operations, each a transaction; refusals of the trade are no failures."""
    rng = random.Random(seed)
    with psycopg.connect(database.superuser_url) as connection:
        for operation in rng.choices(list(MIX), weights=list(MIX.values()), k=OPERATIONS):
            name = operation.__name__
            try:
                operation(connection, rng)
                connection.commit()
                done[name] += 1
            except psycopg.Error as error:
                connection.rollback()
                if (error.sqlstate or "").startswith("PT4"):
                    done[f"{name}: {error.sqlstate}"] += 1
                else:
                    bad.append(f"{name}: {error.sqlstate} {error}")


PROOFS = {
    "journals sum to zero": """
        select j.id from core.journals as j
        left join core.ledger_entries as e on e.tenant_id = j.tenant_id and e.journal_id = j.id
        group by j.tenant_id, j.id
        having coalesce(sum(e.amount), 1) <> 0
    """,
    "what an account owes is its open items less its credit": """
        select a.id, l.amount, o.amount, c.amount
        from core.accounts as a
        cross join lateral (
            select coalesce(sum(e.amount), 0) as amount from core.ledger_entries as e
            where e.tenant_id = a.tenant_id and e.account_id = a.id
                and e.ledger_account = 'receivables'
        ) as l
        cross join lateral (
            select coalesce(sum(i.open_amount), 0) as amount from billing.open_items as i
            where i.tenant_id = a.tenant_id and i.account_id = a.id
        ) as o
        cross join lateral (
            select coalesce(sum(k.remaining), 0) as amount from billing.credits as k
            where k.tenant_id = a.tenant_id and k.account_id = a.id
        ) as c
        where l.amount <> o.amount - c.amount
    """,
    "unbilled is what was priced and is on no invoice": """
        select l.tenant_id, l.amount, p.amount, i.amount
        from (
            select e.tenant_id, sum(e.amount) as amount from core.ledger_entries as e
            where e.ledger_account = 'unbilled' group by e.tenant_id
        ) as l
        cross join lateral (
            select coalesce(sum(coalesce(r.total_excl_vat, r.total_incl_vat)), 0) as amount
            from core.transactions as t
            inner join core.ratings as r on r.tenant_id = t.tenant_id
                and r.transaction_id = t.id and r.version = t.rating_version
            where t.tenant_id = l.tenant_id and t.state = 'priced'
        ) as p
        cross join lateral (
            select coalesce(sum(
                case when i.kind = 'invoice' then n.rated_excl_vat else -n.rated_excl_vat end
            ), 0) as amount
            from core.invoice_lines as n
            inner join core.invoices as i on i.tenant_id = n.tenant_id and i.id = n.invoice_id
            where n.tenant_id = l.tenant_id and i.state = 'finalised'
        ) as i
        where l.amount <> p.amount - i.amount
    """,
    "no price is invoiced twice": """
        select n.transaction_id, n.rating_version
        from core.invoice_lines as n
        inner join core.invoices as i on i.tenant_id = n.tenant_id and i.id = n.invoice_id
        where n.kind = 'transaction' and i.kind = 'invoice'
        group by n.tenant_id, n.transaction_id, n.rating_version, n.vat_rate
        having count(*) > 1
    """,
    "a wallet has what was paid into it and not spent": """
        select a.id, l.amount, p.amount
        from core.accounts as a
        cross join lateral (
            select coalesce(-sum(e.amount), 0) as amount from core.ledger_entries as e
            where e.tenant_id = a.tenant_id and e.account_id = a.id
                and e.ledger_account = 'wallets'
        ) as l
        cross join lateral (
            select coalesce(sum(
                case
                    when p.purpose = 'top_up' then p.amount
                    when p.provider = 'wallet' and p.direction = 'in' then -p.amount
                    when p.purpose = 'refund' and o.purpose = 'top_up' then -p.amount
                    when p.purpose = 'refund' and o.provider = 'wallet' then p.amount
                    else 0
                end
            ), 0) as amount
            from core.payments as p
            left join core.payments as o
                on o.tenant_id = p.tenant_id and o.id = p.refunded_payment_id
            where p.tenant_id = a.tenant_id and p.account_id = a.id and p.state = 'succeeded'
        ) as p
        where l.amount <> p.amount
    """,
    "VAT is that of the invoices": """
        select l.vat_rate, l.amount, x.amount
        from (
            select e.tenant_id, e.vat_rate, sum(e.amount) as amount
            from core.ledger_entries as e
            where e.ledger_account = 'vat' group by e.tenant_id, e.vat_rate
        ) as l
        cross join lateral (
            select coalesce(sum(case i.kind when 'invoice' then -x.vat else x.vat end), 0)
                as amount
            from core.invoice_taxes as x
            inner join core.invoices as i on i.tenant_id = x.tenant_id and i.id = x.invoice_id
            where x.tenant_id = l.tenant_id and x.vat_rate = l.vat_rate
                and i.state = 'finalised'
        ) as x
        where l.amount <> x.amount
    """,
    "an invoice is never settled below what is left to settle": """
        select o.invoice_id, o.open_amount from billing.open_items as o where o.open_amount < 0
    """,
    "numbers have no gap": """
        select i.kind, count(*), max(i.number_in_year)
        from core.invoices as i
        where i.state = 'finalised'
        group by i.tenant_id, i.legal_entity_id, i.kind, i.number_year
        having count(*) <> max(i.number_in_year)
    """,
    "trial balances sum to zero": """
        select e.tenant_id, e.legal_entity_id, e.currency from core.ledger_entries as e
        group by e.tenant_id, e.legal_entity_id, e.currency having sum(e.amount) <> 0
    """,
    "nothing waits to be posted": "select q.id from ops.ratings_to_post as q",
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_books_add_up(database: Database, seed: int) -> None:
    """Whatever several connections did at once."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        # Sessions of tests get small numbers, and invoices are overdue when they are written.
        connection.execute(
            "alter table core.legal_entities drop constraint legal_entities_days_check"
        )
        connection.execute("update core.legal_entities set payment_terms_days = -40")
        connection.execute("update core.dunning_levels set fee = 5")
    done: Counter[str] = Counter()
    bad: list[str] = []
    threads = [
        threading.Thread(target=work, args=(database, seed * 1000 + number, done, bad))
        for number in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad, "\n".join(bad)

    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for job in ("rate_sessions", "post_ratings"):
            while str(one(connection, f"select jobs.{job}()")).endswith("more is left"):
                pass
        wrong = {
            proof: rows
            for proof, query in PROOFS.items()
            if (rows := connection.execute(query).fetchall())
        }
    assert not wrong
    assert len({name.split(":")[0] for name in done}) == len(MIX), "not everything was tried"

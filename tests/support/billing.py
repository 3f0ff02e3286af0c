"""Customers with accounts, and transactions that have a price and wait to be billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

__all__ = ["MONTH", "Fleet", "add_charges", "add_fleet", "read_books", "read_invoices"]

MONTH = date(2026, 2, 1)
"""In which they were charged."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Accounts of one tenant with numbers from `first` on, and a token each of the same id."""

    tenant_id: int
    first: int
    count: int


def add_fleet(
    connection: psycopg.Connection[Any],
    *,
    tenant_id: int,
    legal_entity_id: int,
    first: int,
    count: int,
) -> Fleet:
    """Companies that pay by bank transfer; every seventh account is paid for by the one before.

    The tenant is what its legal entity bills. Nothing is committed.
    """
    parameters = {
        "tenant_id": tenant_id,
        "entity": legal_entity_id,
        "first": first,
        "last": first + count - 1,
    }
    connection.execute(
        "insert into core.customers (tenant_id, id, number, kind, name, email, language)"
        " overriding system value"
        " select %(tenant_id)s, n, 'F' || n, 'company', 'Fleet ' || n,"
        " 'fleet' || n || '@depot.example.com', 'en'"
        " from generate_series(%(first)s::bigint, %(last)s) as n",
        parameters,
    )
    connection.execute(
        "insert into core.customer_addresses (tenant_id, customer_id, kind, address_line,"
        " postal_code, city, country_code)"
        " select %(tenant_id)s, n, 'billing', 'Kai ' || n, '20457', 'Hamburg', 'DE'"
        " from generate_series(%(first)s::bigint, %(last)s) as n",
        parameters,
    )
    connection.execute(
        "insert into core.accounts (tenant_id, id, number, customer_id, legal_entity_id, currency,"
        " payment_method, payer_account_id) overriding system value"
        " select %(tenant_id)s, n, 'F' || n, n, %(entity)s, 'EUR', 'bank_transfer',"
        " case when n %% 7 = 0 and n > %(first)s then n - 1 end"
        " from generate_series(%(first)s::bigint, %(last)s) as n",
        parameters,
    )
    connection.execute(
        "insert into core.id_tokens (tenant_id, id, id_token) overriding system value"
        " select %(tenant_id)s, n, 'FLEET' || n"
        " from generate_series(%(first)s::bigint, %(last)s) as n",
        parameters,
    )
    connection.execute(
        "insert into core.contracts (tenant_id, account_id, id_token_id, starts_at)"
        " select %(tenant_id)s, n, n, '2020-01-01T00:00:00Z'"
        " from generate_series(%(first)s::bigint, %(last)s) as n",
        parameters,
    )
    return Fleet(tenant_id, first, count)


def add_charges(
    connection: psycopg.Connection[Any],
    fleet: Fleet,
    *,
    first: int,
    each: int,
    lines: int = 1,
) -> int:
    """Sessions of every account in February 2026 with their transactions, rated once.

    Ids of both from `first` on. Prices are net and gross, at 19 and at 7 percent, a few of them
    free; `lines` is how long the calculation is that is kept with each. Returns how many there are.
    """
    count = fleet.count * each
    parameters = {
        "tenant_id": fleet.tenant_id,
        "token": fleet.first,
        "tokens": fleet.count,
        "first": first,
        "last": first + count - 1,
        "lines": lines,
    }
    connection.execute(
        "insert into core.sessions (tenant_id, id, charge_point_id, protocol, transaction_id,"
        " start_key, state, id_token, id_token_id, authorization_status, started_at,"
        " start_received_at, ended_at, stop_received_at, meter_start_wh, meter_stop_wh, energy_wh)"
        " overriding system value"
        " select %(tenant_id)s, n, c.id, 'ocpp1.6', 'f' || n, 'f' || n, 'ended',"
        " 'FLEET' || k.token, k.token, 'Accepted', m.at, m.at, m.at + interval '1 hour', m.at,"
        " 0, 20000, 20000"
        " from generate_series(%(first)s::bigint, %(last)s) as n,"
        " lateral (select %(token)s + n %% %(tokens)s as token) as k,"
        " lateral (select timestamptz '2026-02-01T00:00:00Z' + n %% 36000 * interval '1 minute'"
        "  as at) as m,"
        " (select min(id) as id from core.charge_points where tenant_id = %(tenant_id)s) as c",
        parameters,
    )
    connection.execute(
        "insert into core.transactions (tenant_id, id, session_id, state, started_at, ended_at,"
        " rating_version) overriding system value"
        " select s.tenant_id, s.id, s.id, 'priced', s.started_at, s.ended_at, 1"
        " from core.sessions as s"
        " where s.tenant_id = %(tenant_id)s and s.id between %(first)s and %(last)s order by s.id",
        parameters,
    )
    connection.execute(
        "insert into core.ratings (tenant_id, transaction_id, version, reason, engine_version,"
        " tariff_version_id, tariff_hash, time_zone, currency, started_at, ended_at, energy_wh,"
        " charging_s, parking_s, reserved_s, total_excl_vat, total_incl_vat, session, result,"
        " cdr_head)"
        " select s.tenant_id, s.id, 1, 'ended', '1', v.id, 'x', 'Europe/Berlin', 'EUR',"
        " s.started_at, s.ended_at, 20000, 3600, 0, 0, p.net, p.gross, '{}', jsonb_build_object("
        "  'tax_included', case when s.id %% 3 = 0 then 'YES' else 'NO' end,"
        "  'taxes', jsonb_build_array(jsonb_build_object('vat', p.rate, 'net', p.net::text,"
        "   'tax', (p.gross - p.net)::text, 'gross', p.gross::text)),"
        "  'lines', (select jsonb_agg(jsonb_build_object('bucket', 'ENERGY', 'cost_incl', i,"
        "    'period_index', i, 'tariff_id', 'STANDARD', 'measured', '2.134', 'unit', 'kWh',"
        "    'billed', '2.134', 'cost_excl', (s.id + i)::text)) from generate_series(1, %(lines)s)"
        "    as i)),"
        ' \'{"cdr_location": {"name": "Harbour", "evse_id": "DE*GRW*E1001*1"}}\''
        " from core.sessions as s,"
        " (select min(id) as id from core.tariff_versions where tenant_id = %(tenant_id)s) as v,"
        " lateral (select case when s.id %% 11 = 0 then 7 else 19 end as rate,"
        "  (s.id * 37 %% 4000) / 100.0 as net) as r,"
        " lateral (select r.rate, round(r.net, 2) as net, round(r.net * (100 + r.rate) / 100, 2)"
        "  as gross) as p"
        " where s.tenant_id = %(tenant_id)s and s.id between %(first)s and %(last)s order by s.id",
        parameters,
    )
    return count


def read_invoices(connection: psycopg.Connection[Any], tenant_id: int) -> list[tuple[Any, ...]]:
    """Every line of every invoice of a tenant by what it is, whatever its number is."""
    return connection.execute(
        "select i.kind, i.account_id, i.period_from, i.state, i.total_excl_vat, i.total_vat,"
        " i.total_incl_vat, l.line, l.charged_account_id, l.transaction_id, l.rating_version,"
        " l.vat_rate, l.amount_excl_vat, l.amount_incl_vat, l.rated_excl_vat, x.taxes"
        " from core.invoices as i"
        " join core.invoice_lines as l on l.tenant_id = i.tenant_id and l.invoice_id = i.id"
        " cross join lateral (select array_agg(row(t.category, t.vat_rate, t.amount_excl_vat,"
        "   t.vat)::text order by t.vat_rate) as taxes from core.invoice_taxes as t"
        "  where t.tenant_id = i.tenant_id and t.invoice_id = i.id) as x"
        " where i.tenant_id = %s"
        " order by i.kind, i.account_id, i.period_from, l.transaction_id, l.vat_rate, l.line",
        [tenant_id],
    ).fetchall()


def read_books(connection: psycopg.Connection[Any], tenant_id: int) -> list[tuple[Any, ...]]:
    """What stands on each ledger account for each customer's account, and how many entries do."""
    return connection.execute(
        "select e.legal_entity_id, e.ledger_account, e.account_id, e.vat_rate, e.currency,"
        " sum(e.amount), count(*)"
        " from core.ledger_entries as e where e.tenant_id = %s"
        " group by e.legal_entity_id, e.ledger_account, e.account_id, e.vat_rate, e.currency"
        " order by 1, 2, 3 nulls first, 4 nulls first, 5",
        [tenant_id],
    ).fetchall()

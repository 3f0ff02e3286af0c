"""What a monthly billing run costs: TRANSACTIONS of CUSTOMERS, none of them billed before.

The run is what the jobs do: begun once, then batch by batch, each committed. It is compared with
a plain `insert ... select` of the rows that it made (drafts, their lines and taxes, and the report
on the accounts) into the same tables, with their indexes, foreign keys and triggers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from db.connection import Connection, connect
from db.settings import with_options
from tests.bench.pricing import TARIFF
from tests.bench.report import Figure
from tests.e2e.accounts import add_chargers, add_tenant
from tests.e2e.installation import Installation
from tests.support.billing import MONTH, add_charges, add_fleet

__all__ = ["CUSTOMERS", "TRANSACTIONS", "measure"]

EARLIER = 1_000
CUSTOMERS = 10_000
TRANSACTIONS = 100_000
RATIO_GOAL = 0.1
"""Of the run's speed to that of the plain copy: at most ten times its cost."""

MEMORY_LIMIT = 1.5
"""Of the memory of the server process with the last batch to that with the third."""

_EARLIER_FIRST = 100_001
_FIRST = 1_000_001
"""Of the ids of accounts and transactions."""

_TABLES = ("invoices", "invoice_lines", "invoice_taxes", "billing_run_accounts")


def measure() -> Iterator[Figure]:
    """`billing.run`, what it is compared with, and how its memory grows; some two minutes."""
    with (
        Installation.running() as installation,
        _superuser(installation) as filler,
        installation.owner() as owner,
    ):
        tenant_id = _prepare(owner, filler)
        run_s, growth = _run(owner, tenant_id)
        copy_s = _copy(owner, filler, tenant_id)
    yield Figure(
        "billing.run", TRANSACTIONS / run_s, "transactions/s", ratio=copy_s / run_s, goal=RATIO_GOAL
    )
    yield Figure("billing.run.copy", TRANSACTIONS / copy_s, "transactions/s")
    yield Figure("billing.run.memory", growth, "of the third batch's", limit=MEMORY_LIMIT)


def _superuser(installation: Installation) -> AbstractContextManager[Connection]:
    """Who may leave out triggers and foreign keys: a hundred thousand rows are quickly there."""
    database = installation.settings.database_url.rpartition("/")[2]
    url = installation.settings.superuser_url.rpartition("/")[0] + "/" + database
    return connect(
        with_options(url, options="-c session_replication_role=replica -c synchronous_commit=off")
    )


def _prepare(owner: Connection, filler: Connection) -> int:
    """A tenant with a legal entity and what its customers charged in a month; returns its id."""
    tenant_id = add_tenant(owner, "bench-bill")
    add_chargers(owner, tenant_id, ["BILL001"])
    owner.execute(
        "with tariff as ("
        "  insert into core.tariffs (tenant_id, tariff_id, name)"
        "  values (%(tenant_id)s, 'BENCH', 'Bench') returning tenant_id, id)"
        " insert into core.tariff_versions (tenant_id, tariff_id, version_no, ocpi_version,"
        "  document, compiled, tariff_hash, currency, valid)"
        " select t.tenant_id, t.id, 1, '2.3.0', d.document, pricing.compile_tariff(d.document),"
        "  pricing.hash_tariff(d.document), 'EUR', '[2020-01-01,)'"
        " from tariff as t, (select %(document)s::jsonb as document) as d",
        {"tenant_id": tenant_id, "document": json.dumps(TARIFF)},
    )
    entity = _one(
        owner,
        "insert into core.legal_entities (tenant_id, name, is_default, address_line, postal_code,"
        " city, country_code, currency, language, time_zone, vat_rate)"
        " values (%s, 'Bench', true, 'Kai 1', '20457', 'Hamburg', 'DE', 'EUR', 'en',"
        " 'Europe/Berlin', 19) returning id",
        [tenant_id],
    )
    # It has billed before: plans made for empty tables would be measured otherwise.
    earlier = add_fleet(
        filler, tenant_id=tenant_id, legal_entity_id=entity, first=_EARLIER_FIRST, count=EARLIER
    )
    add_charges(filler, earlier, first=_EARLIER_FIRST, each=1)
    _queue(filler, tenant_id, first=_EARLIER_FIRST)
    owner.execute("select billing.run(%s, '2026-01-01', '2026-03-01')", [tenant_id])
    fleet = add_fleet(
        filler, tenant_id=tenant_id, legal_entity_id=entity, first=_FIRST, count=CUSTOMERS
    )
    count = add_charges(filler, fleet, first=_FIRST, each=TRANSACTIONS // CUSTOMERS, lines=10)
    if count != TRANSACTIONS:
        raise RuntimeError(f"not what was to be billed: {count}")
    _queue(filler, tenant_id, first=_FIRST)
    # What the server would do by itself soon, and in the middle of what is measured.
    filler.execute("vacuum (analyze)")
    filler.execute("checkpoint")
    return tenant_id


def _queue(filler: Connection, tenant_id: int, *, first: int) -> None:
    """Do what the trigger of the transactions does."""
    filler.execute(
        "insert into ops.transactions_to_bill (tenant_id, transaction_id)"
        " select tenant_id, id from core.transactions where tenant_id = %s and id >= %s"
        " order by id",
        [tenant_id, first],
    )


def _run(owner: Connection, tenant_id: int) -> tuple[float, float]:
    """Bill them all; returns the seconds and how much the process's own memory grew."""
    process = int(_one(owner, "select pg_backend_pid()"))
    own_kib = []
    began = time.perf_counter()
    owner.execute("select billing.open_run(%s, %s, null)", [tenant_id, MONTH])
    while _one(owner, "select jobs.run_billing()") != "":
        own_kib.append(_read_own_kib(process))
    elapsed_s = time.perf_counter() - began
    billed = _one(
        owner,
        "select count(distinct transaction_id) from core.invoice_lines where tenant_id = %s",
        [tenant_id],
    )
    if billed != TRANSACTIONS + EARLIER:
        raise RuntimeError(f"not all was billed: {billed}")
    return elapsed_s, own_kib[-1] / own_kib[2]


def _copy(owner: Connection, filler: Connection, tenant_id: int) -> float:
    """Store the rows of the run once more, in one plain transaction; returns its seconds."""
    owner.execute("create schema bench")
    for table in _TABLES:
        owner.execute(
            f"create table bench.{table} as"  # noqa: S608 - our own text
            f" select * from core.{table} where tenant_id = {tenant_id} and account_id >= {_FIRST}"
        )
    for table in reversed(_TABLES):
        filler.execute(
            f"delete from core.{table}"  # noqa: S608 - our own text
            f" where tenant_id = {tenant_id} and account_id >= {_FIRST}"
        )
    filler.execute("vacuum (analyze)")
    filler.execute("checkpoint")
    began = time.perf_counter()
    with owner.transaction():
        for table in _TABLES:
            owner.execute(
                f"insert into core.{table} overriding system value select * from bench.{table}"  # noqa: S608 - our own text
            )
    return time.perf_counter() - began


def _read_own_kib(process: int) -> int:
    """Resident memory of a process that it shares with nobody."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise RuntimeError("the kernel does not tell")


def _one(connection: Connection, query: str, parameters: list[Any] | None = None) -> Any:
    """The one value of a query."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]

"""A tenant's bank in a test: statements are imported as the jobs runner does, invoices are made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from jobs.bank.reading import read_statements
from jobs.exceptions import StatementError
from tests.support.databases import Database
from tests.support.statements import Booking, camt, camt_file

__all__ = ["DAY", "IBAN", "Bank", "Invoice", "bank_of"]

IBAN = "DE89370400440532013000"
"""Of the legal entity of greenway, among the personas."""
DAY = date(2026, 6, 1)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A finalised one."""

    id: int
    number: str
    reference: str
    total: Decimal


class Bank:
    """Greenway's bank; `owner` sees everything, `runner` is the login of the jobs runner."""

    def __init__(self, owner: psycopg.Connection[Any], runner: psycopg.Connection[Any]) -> None:
        self.owner = owner
        self.runner = runner
        # What the next statement opens with, and when.
        self.balance = Decimal(0)
        self.day = DAY

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, as the superuser sees them."""
        return self.owner.execute(query.encode(), values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the only row."""
        ((value,),) = self.ask(query, *values)
        return value

    def act(self, query: str, *values: Any, who: str = "greenway.accountant") -> list[Any]:
        """Rows of a statement as a persona; raises what it raises."""
        with self.owner.transaction():
            self.owner.execute("select tests.act_as(%s)", [who])
            rows = self.owner.execute(query.encode(), values).fetchall()
            self.owner.execute("select tests.reset()")
            return rows

    def invoice(self, net: str, *, account: int = 1001, due: date | None = None) -> Invoice:
        """A finalised invoice of some net sum at 19 %."""
        invoice_id = self.one(
            "insert into core.invoices (tenant_id, legal_entity_id, account_id, kind, occasion,"
            " currency, payment_method, language) values (101, 1001, %s, 'invoice', 'one_off',"
            " 'EUR', 'bank_transfer', 'en') returning id",
            account,
        )
        self.owner.execute(
            "insert into core.invoice_lines (tenant_id, invoice_id, line, account_id, kind,"
            " description, includes_vat, vat_rate, amount_excl_vat, amount_incl_vat)"
            " values (101, %s, 1, %s, 'one_off', 'Cable', false, 19, %s, %s)",
            [invoice_id, account, net, net],
        )
        self.owner.execute("select billing.compute_invoice(101, %s)", [[invoice_id]])
        self.owner.execute("select billing.finalise_invoices(101, %s)", [[invoice_id]])
        ((number, reference, total),) = self.ask(
            "select number, payment_reference, total_incl_vat from core.invoices where id = %s",
            invoice_id,
        )
        if due is not None:
            with self.owner.transaction():
                self.owner.execute("set local session_replication_role = replica")
                self.owner.execute(
                    "update core.invoices set due_on = %s where id = %s", [due, invoice_id]
                )
        return Invoice(invoice_id, number, reference, total)

    def account(self, *, debited: bool = True, iban: str | None = None, **columns: Any) -> int:
        """Another account of greenway's customer, with an active mandate when it is debited."""
        method = "sepa_debit" if debited else "bank_transfer"
        account_id = int(
            self.one(
                "insert into core.accounts (tenant_id, customer_id, payment_method)"
                " values (101, 1001, %s) returning id",
                method,
            )
        )
        if debited:
            self.owner.execute(
                "insert into core.mandates (tenant_id, account_id, account_holder, iban, signed_on,"
                " state, scheme) values (101, %s, 'Gwen', %s, '2025-06-01', 'active', %s)",
                [account_id, iban or "DE02120300000000202051", columns.get("scheme", "CORE")],
            )
        return account_id

    def statement(self, *bookings: Booking, **changes: Any) -> str:
        """The next statement of the account, a day later than the one before."""
        text = camt(IBAN, self.day, str(self.balance), bookings, **changes)
        self.balance += sum((Decimal(each.amount) for each in bookings), Decimal(0))
        self.day += timedelta(days=1)
        return text

    def bring(self, *bookings: Booking) -> str:
        """Import the next statement; what became of it."""
        return self.send(camt_file(self.statement(*bookings)))

    def send(self, content: bytes) -> str:
        """Import a file and let the runner book whatever waits; what became of the file."""
        self.runner.execute("select jobs.import_bank_statement('greenway', 'file', %s)", [content])
        while self.book_one():
            pass
        ((state, reason),) = self.ask(
            "select state, reason from core.bank_files where content = %s and tenant_id = 101",
            content,
        )
        return str(reason or state)

    def book_one(self) -> bool:
        """Take one file, read it and book or park it; whether there was any."""
        row = self.runner.execute("select * from jobs.take_bank_file()").fetchone()
        if row is None:
            return False
        tenant_id, file_id, content = row
        try:
            form, statements = read_statements(content)
        except StatementError as error:
            self.runner.execute(
                "select jobs.park_bank_file(%s, %s, %s, %s)",
                [tenant_id, file_id, error.reason, str(error)],
            )
        else:
            self.runner.execute(
                "select jobs.book_bank_statement(%s, %s, %s, %s)",
                [tenant_id, file_id, form, Jsonb([each.as_json() for each in statements])],
            )
        return True

    def ledger(self, role: str, account: int | None = None) -> Any:
        """Balance of a ledger account, or of one account in it."""
        return Decimal(
            self.one(
                "select coalesce(sum(amount), 0) from core.ledger_entries where tenant_id = 101"
                " and legal_entity_id = 1001 and ledger_account = %s"
                " and (account_id = %s or %s::bigint is null)",
                role,
                account,
                account,
            )
        )

    def open(self, invoice: Invoice) -> Any:
        """What is open of an invoice."""
        return Decimal(
            self.one(
                "select open_amount from billing.open_items where tenant_id = 101"
                " and invoice_id = %s",
                invoice.id,
            )
        )

    def found(self) -> list[str]:
        """How each line was matched, in their order; suspense for one that was not."""
        return [
            str(how)
            for (how,) in self.ask(
                "select coalesce(min(m.how), 'suspense') from core.bank_transactions as t"
                " left join core.bank_matches as m on m.tenant_id = t.tenant_id"
                " and m.bank_transaction_id = t.id and m.undone_at is null"
                " where t.tenant_id = 101 and t.amount <> 0 group by t.id order by t.id"
            )
        ]

    def collect(self, *, until: str | None = None) -> list[int]:
        """Announce and batch what can be collected; the ids of the batches."""
        return [
            row[0] for row in self.act("select id from api.create_debit_batch(null, %s)", until)
        ]

    def submit(self, batch: int) -> None:
        """Hand a batch to the bank, with a file that says nothing."""
        self.runner.execute("select jobs.store_debit_file(101, %s, 'file')", [batch])
        self.act("select id from api.submit_debit_batch(%s)", batch)

    def payments(self, invoice: Invoice) -> list[tuple[str, Decimal]]:
        """State and amount of the payments of an invoice."""
        return [
            (state, amount)
            for state, amount in self.ask(
                "select state, amount from core.payments where invoice_id = %s order by id",
                invoice.id,
            )
        ]


@contextlib.contextmanager
def bank_of(database: Database) -> Iterator[Bank]:
    """Greenway's bank on a database; the personas' statement of nothing is the one before."""
    with (
        psycopg.connect(database.superuser_url, autocommit=True) as owner,
        psycopg.connect(database.jobs_url, autocommit=True) as runner,
    ):
        yield Bank(owner, runner)

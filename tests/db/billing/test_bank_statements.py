"""Statements in the books: matched, once, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.support.bank import DAY, IBAN, Bank, bank_of
from tests.support.databases import Database
from tests.support.statements import Booking, camt, camt_file, mt940

OTHER_IBAN = "DE75512108001245126199"


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Greenway's bank, with nothing on the account."""
    with bank_of(database) as found:
        yield found


def books(bank: Bank) -> list[tuple[object, ...]]:
    """Everything that a statement may write."""
    return bank.ask(
        "select (select count(*) from core.journals), (select count(*) from core.ledger_entries),"
        " (select count(*) from core.bank_transactions),"
        " (select count(*) from core.bank_statements), (select count(*) from core.payments),"
        " (select count(*) from core.allocations), (select count(*) from core.bank_matches)"
    )


def proof(bank: Bank) -> tuple[bool, str | None]:
    """What the daily proof says a month on."""
    ((is_proven, problem),) = bank.act(
        "select is_proven, problem from api.prove_books(%s)", DAY + timedelta(days=30)
    )
    return is_proven, problem


def test_a_transfer_pays_the_invoice_that_it_names(bank: Bank) -> None:
    structured, grouped, numbered, joined = (bank.invoice("10") for _ in range(4))
    spaced = " ".join(
        grouped.reference[start : start + 4] for start in range(0, len(grouped.reference), 4)
    )
    assert (
        bank.bring(
            Booking("11.90", reference=structured.reference),
            Booking("11.90", f"thank you {spaced.lower()} Gwen"),
            Booking("11.90", f"Invoice no. {numbered.number}, thanks"),
            Booking("11.90", f"SVWZ+{joined.reference}EUR11,90"),
        )
        == "booked"
    )
    assert bank.found() == ["reference"] * 4
    assert [bank.open(each) for each in (structured, grouped, numbered, joined)] == [0] * 4
    assert (bank.ledger("bank"), bank.ledger("suspense")) == (Decimal("47.60"), 0)
    assert proof(bank) == (True, None)


def test_more_than_was_asked_for_stays_credit_and_less_leaves_the_rest_open(bank: Bank) -> None:
    first = bank.invoice("10")
    bank.bring(Booking("5.00", reference=first.reference))
    assert bank.open(first) == Decimal("6.90")
    # The persona's own invoice is the other open one; it takes 11.90 of what is too much.
    bank.bring(Booking("100.00", reference=first.reference))
    assert bank.open(first) == 0
    assert bank.one("select sum(available) from billing.credits where account_id = 1001") == (
        Decimal("105.00") - Decimal("23.80")
    )
    assert bank.ledger("suspense") == 0


def test_an_amount_and_an_iban_that_fit_one_invoice_are_enough(bank: Bank) -> None:
    account = bank.account(iban=OTHER_IBAN)
    invoice = bank.invoice("50", account=account)
    twice = [bank.invoice("70", account=account) for _ in range(2)]
    bank.bring(
        Booking("59.50", "hello", iban=OTHER_IBAN),
        # Two would fit, and one that nobody is known by.
        Booking("83.30", "hello", iban=OTHER_IBAN),
        Booking("59.50", "hello", iban="NL91ABNA0417164300"),
    )
    assert bank.found() == ["amount_iban", "suspense", "suspense"]
    assert bank.open(invoice) == 0
    assert [bank.open(each) for each in twice] == [Decimal("83.30")] * 2
    assert bank.ledger("suspense") == -(Decimal("83.30") + Decimal("59.50"))
    assert proof(bank) == (True, None)


def test_who_names_their_prepaid_account_tops_it_up(bank: Bank) -> None:
    number = bank.one("select number from core.accounts where id = 1002")
    before = bank.ledger("wallets", 1002)
    bank.bring(Booking("25.00", f"top-up {number}"))
    assert bank.found() == ["reference"]
    assert bank.ledger("wallets", 1002) == before - 25
    assert bank.ask("select purpose, state from core.payments where account_id = 1002") == [
        ("top_up", "succeeded")
    ]


def test_what_nobody_knows_waits_for_a_person_who_can_be_wrong(bank: Bank) -> None:
    invoice = bank.invoice("10")
    bank.bring(Booking("11.90", "for Gwen", iban=OTHER_IBAN), Booking("-2.50", "Account fee"))
    assert bank.found() == ["suspense", "suspense"]
    line, fee = (
        row[0]
        for row in bank.ask("select id from core.bank_transactions where id < 1000 order by id")
    )
    ((state, rest),) = bank.act(
        "select state, open_amount from api.match_bank_transaction(%s, invoice => %s)",
        line,
        invoice.id,
    )
    assert (state, rest, bank.open(invoice)) == ("matched", 0, 0)
    bank.act(
        "select id from api.match_bank_transaction(%s, ledger_account => 'payment_fees',"
        " note => 'June')",
        fee,
    )
    assert (bank.ledger("payment_fees"), bank.ledger("suspense")) == (Decimal("2.50"), 0)
    with pytest.raises(psycopg.Error, match="matched already"):
        bank.act("select id from api.match_bank_transaction(%s, account => 1001)", line)

    ((state,),) = bank.act(
        "select state from api.unmatch_bank_transaction(%s, 'it was Bart''s')", line
    )
    assert (state, bank.open(invoice)) == ("suspense", Decimal("11.90"))
    bank.act("select id from api.unmatch_bank_transaction(%s, 'it was a gift')", fee)
    assert (bank.ledger("payment_fees"), bank.ledger("suspense")) == (0, Decimal("-9.40"))
    assert proof(bank) == (True, None)
    # In two parts, to somebody else and back to the same one.
    bank.act("select id from api.match_bank_transaction(%s, account => 1001, amount => 1.9)", line)
    bank.act("select id from api.match_bank_transaction(%s, invoice => %s)", line, invoice.id)
    # The account has an older invoice, which takes what names none.
    assert bank.open(invoice) == Decimal("1.90")
    bank.act("select id from api.match_bank_transaction(%s, ledger_account => 'rounding')", fee)
    assert proof(bank) == (True, None)
    # Who knows an IBAN once knows it the next time.
    again = bank.invoice("33")
    bank.bring(Booking("39.27", "for Gwen again", iban=OTHER_IBAN))
    assert (bank.found()[-1], bank.open(again)) == ("amount_iban", 0)


def test_a_payout_of_the_card_provider_is_known_by_what_it_said(bank: Bank) -> None:
    bank.owner.execute(
        "insert into core.payouts (tenant_id, payment_provider_id, provider_payout_id, amount,"
        " currency, arrives_on, state) select 101, 1001, v.name, v.amount, 'EUR', %s, v.state"
        " from (values ('po_a', 90, 'paid'), ('po_b', 70, 'failed'), ('po_c', 50, 'paid'),"
        " ('po_d', 50, 'paid'), ('po_e', -5, 'paid')) as v (name, amount, state)",
        [DAY + timedelta(days=1)],
    )
    bank.bring(
        Booking("90.00", "STRIPE po_a", name="Stripe Payments Europe"),
        Booking("70.00", "STRIPE"),
        # Either of two.
        Booking("50.00", "STRIPE"),
        Booking("-5.00", "Stripe takes back"),
        Booking("90.00", "STRIPE once more"),
    )
    assert bank.found() == ["payout", "suspense", "suspense", "payout", "suspense"]
    assert bank.ledger("card_clearing") == -85
    assert bank.ledger("suspense") == -210
    assert proof(bank) == (True, None)


def test_a_refund_waits_for_its_transfer(bank: Bank) -> None:
    account = bank.account(iban=OTHER_IBAN)
    first, second = (bank.invoice("10", account=account) for _ in range(2))
    bank.bring(
        Booking("11.90", reference=first.reference), Booking("11.90", reference=second.reference)
    )
    payments = [
        row[0]
        for row in bank.ask(
            "select id from core.payments where account_id = %s order by id", account
        )
    ]
    ((refund,),) = bank.act("select id from api.refund_payment(%s, 'too warm')", payments[0])
    bank.bring(Booking("-11.90", "back to you", iban=OTHER_IBAN))
    assert bank.found()[-1] == "amount_iban"
    assert bank.one("select state from core.payments where id = %s", refund) == "succeeded"
    assert (bank.open(first), bank.ledger("suspense")) == (Decimal("11.90"), 0)
    # By hand, when the bank says nothing of the account.
    ((refund,),) = bank.act("select id from api.refund_payment(%s, 'too cold')", payments[1])
    bank.bring(Booking("-11.90", "back to you", iban="NL91ABNA0417164300"))
    assert bank.found()[-1] == "suspense"
    line = bank.one("select max(id) from core.bank_transactions where id < 1000")
    for wrong in (payments[0], 1001):
        with pytest.raises(psycopg.Error, match="no refund of this amount"):
            bank.act("select id from api.match_bank_transaction(%s, refund => %s)", line, wrong)
    bank.act("select id from api.match_bank_transaction(%s, refund => %s)", line, refund)
    assert (bank.ledger("suspense"), proof(bank)) == (0, (True, None))
    with pytest.raises(psycopg.Error, match="a refund"):
        bank.act("select id from api.unmatch_bank_transaction(%s, 'not so')", line)


def test_a_statement_that_comes_twice_is_booked_once(bank: Bank) -> None:
    invoice = bank.invoice("10")
    content = camt_file(bank.statement(Booking("11.90", reference=invoice.reference)))
    assert bank.send(content) == "booked"
    before = books(bank)
    assert bank.send(content) == "booked"
    assert books(bank) == before
    # The same in another file: the bank names its message anew.
    assert bank.send(content.replace(b"<MsgId>M1", b"<MsgId>M2")) == "booked"
    assert (
        bank.one(
            "select lines_known from core.bank_statements where id < 1000 order by id desc limit 1"
        )
        == 1
    )
    after = books(bank)
    assert [after[0][place] for place in (0, 1, 2, 4)] == [
        before[0][place] for place in (0, 1, 2, 4)
    ]


def test_the_same_day_in_another_format_is_not_booked_again(bank: Bank) -> None:
    bookings = [Booking("11.90", "hello"), Booking("-11.90", "back")]
    bank.bring(*bookings, Booking("5.00", "more"))
    before = books(bank)
    assert bank.send(mt940(IBAN, DAY, "0", [*bookings, Booking("5.00", "more")])) == (
        "statement_repeated"
    )
    assert books(bank) == before


def test_statements_that_overlap_are_booked_once_a_line(bank: Bank) -> None:
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    # Two that say the same on the same day are two.
    lines = [
        Booking("5.00", "coffee", booked_on=days[0]),
        Booking("5.00", "coffee", booked_on=days[0]),
        Booking("7.00", "tea", booked_on=days[1]),
        Booking("9.00", "cake", booked_on=days[2]),
    ]
    assert bank.send(camt_file(camt(IBAN, days[1], "0", lines[:3], opened_on=days[0]))) == "booked"
    assert bank.send(camt_file(camt(IBAN, days[2], "10.00", lines[2:], opened_on=days[1]))) == (
        "booked"
    )
    assert bank.send(camt_file(camt(IBAN, days[2], "0", lines, opened_on=days[0]))) == "booked"
    assert bank.ledger("bank") == 26
    assert len(bank.found()) == 4
    assert proof(bank) == (True, None)


def test_a_statement_is_missed_and_found(bank: Bank) -> None:
    first, missing, last, newest = (
        camt_file(bank.statement(Booking(amount, "x"))) for amount in ("1", "2", "3", "4")
    )
    assert bank.send(first) == "booked"
    before = books(bank)
    assert bank.send(last) == "statement_gap"
    assert bank.send(newest) == "statement_gap"
    assert books(bank) == before
    assert bank.send(missing) == "booked"
    assert (
        bank.ask("select state from core.bank_files where id not in (1001, 1002, 2001, 2002)")
        == [("booked",)] * 4
    )
    assert bank.ledger("bank") == 10
    assert proof(bank) == (True, None)


def test_the_account_need_not_begin_at_nothing(bank: Bank) -> None:
    bank.owner.execute("delete from core.bank_matches")
    bank.owner.execute("delete from core.bank_transactions")
    with bank.owner.transaction():
        bank.owner.execute("set local session_replication_role = replica")
        bank.owner.execute("delete from core.daily_proofs")
        bank.owner.execute("delete from core.bank_statements")
    bank.balance, bank.day = Decimal(500), DAY + timedelta(days=10)
    assert bank.bring(Booking("1.00", "x")) == "booked"
    assert (bank.ledger("bank"), proof(bank)) == (1, (True, None))
    # What came before is imported later.
    earlier = camt(IBAN, DAY, "400", [Booking("100.00", "y")])
    assert bank.send(camt_file(earlier)) == "booked"
    assert (bank.ledger("bank"), proof(bank)) == (101, (True, None))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ((b"CLBD", b"XXXX"), "statement_unreadable"),
        ((b"</BkToCstmrStmt>", b""), "statement_unreadable"),
        ((b'">12.00<', b'">21.00<'), "total_wrong"),
        ((b'Ccy="EUR"', b'Ccy="XYZ"'), "currency_unknown"),
        ((b"<Ccy>EUR</Ccy>", b"<Ccy>GBP</Ccy>"), "currency_unknown"),
        ((IBAN.encode(), b"DE75512108001245126199"), "iban_unknown"),
        ((b'">12.00<', b'">99999999999.00<'), "statement_invalid"),
        ((b"<BookgDt><Dt>2026", b"<BookgDt><Dt>1926"), "statement_invalid"),
    ],
)
def test_what_is_wrong_anywhere_in_a_file_keeps_all_of_it_out_of_the_books(
    bank: Bank, damage: tuple[bytes, bytes], reason: str
) -> None:
    invoice = bank.invoice("10")
    before = books(bank)
    good = camt(IBAN, DAY, "0", [Booking("11.90", reference=invoice.reference)])
    bad = camt_file(camt(IBAN, DAY + timedelta(days=1), "11.90", [Booking("12.00", "x")]))
    old, new = damage
    if reason == "statement_invalid" and b"999" in new:
        # The balance goes with it, or the total is what is wrong.
        bad = bad.replace(b'">23.90<', b'">100000000010.90<')
    elif old == b'Ccy="EUR"':
        bad = bad.replace(b"<Ccy>EUR</Ccy>", b"<Ccy>XYZ</Ccy>")
    assert old in bad
    damaged = bad.replace(old, new)
    content = damaged.replace(b"<Stmt>", good.encode() + b"<Stmt>", 1)
    assert bank.send(content) == reason
    assert books(bank) == before
    assert bank.open(invoice) == Decimal("11.90")
    # Mended by the bank it comes as another file.
    assert (
        bank.send(
            bad.replace(b"<Stmt>", good.encode() + b"<Stmt>", 1)
            if reason not in {"statement_invalid", "currency_unknown"}
            else camt_file(good)
        )
        == "booked"
    )
    assert bank.open(invoice) == 0


def test_a_parked_file_is_tried_again_when_the_reason_is_gone(bank: Bank) -> None:
    content = camt_file(camt(OTHER_IBAN, DAY, "500.00", [Booking("1.00", "x")]))
    assert bank.send(content) == "iban_unknown"
    file = bank.one("select max(id) from core.bank_files where id < 1000")
    bank.owner.execute("update core.legal_entities set iban = %s where id = 1001", [OTHER_IBAN])
    assert bank.act("select state from api.retry_bank_file(%s)", file) == [("waiting",)]
    while bank.book_one():
        pass
    assert bank.one("select state from core.bank_files where id = %s", file) == "booked"
    with pytest.raises(psycopg.Error, match="the file is booked"):
        bank.act("select state from api.retry_bank_file(%s)", file)
    # The account before is still theirs: it is an account of its own, and both are proven.
    assert bank.bring(Booking("2.00", "to the old one")) == "booked"
    assert bank.bring(Booking("2.00", "to the old one")) == "booked"
    assert proof(bank) == (True, None)
    assert bank.one("select bank_statement from core.daily_proofs where proven_on > %s", DAY) == 505


def test_a_file_that_ends_its_runner_is_put_aside(bank: Bank) -> None:
    bank.runner.execute("select jobs.import_bank_statement('greenway', 'evil', 'boom')")
    for _ in range(3):
        (_, file, _) = bank.runner.execute("select * from jobs.take_bank_file()").fetchone() or (
            0,
            0,
            0,
        )
        assert bank.runner.execute("select * from jobs.take_bank_file()").fetchone() is None
        bank.owner.execute("update core.bank_files set next_attempt_at = now()")
    assert bank.runner.execute("select * from jobs.take_bank_file()").fetchone() is None
    assert bank.ask("select state, reason from core.bank_files where id = %s", file) == [
        ("parked", "runner_lost")
    ]


def test_two_runners_book_two_files_of_one_account_one_after_the_other(
    bank: Bank, database: Database
) -> None:
    files = [camt_file(bank.statement(Booking("1.00", f"n{n}"))) for n in range(8)]
    for content in files:
        bank.runner.execute("select jobs.import_bank_statement('greenway', 'x', %s)", [content])

    def work() -> None:
        with psycopg.connect(database.jobs_url, autocommit=True) as runner:
            one = Bank(bank.owner, runner)
            while one.book_one():
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Those that came too early wait for the ones before and were tried again.
    work()
    assert bank.ask(
        "select distinct state from core.bank_files where source = 'folder' and tenant_id = 101"
    ) == [("booked",)]
    assert (bank.ledger("bank"), len(bank.found())) == (8, 8)
    assert proof(bank) == (True, None)


def test_the_proof_finds_what_was_booked_past_the_bank(bank: Bank) -> None:
    bank.bring(Booking("10.00", "x"))
    assert proof(bank) == (True, None)
    bank.owner.execute(
        "select billing.post_journal(101, 1001, 'adjustment', 'theft', '2026-06-02', 'EUR', 'x',"
        ' \'[{"ledger_account": "bank", "amount": -3},'
        ' {"ledger_account": "suspense", "amount": 3}]\')'
    )
    is_proven, problem = proof(bank)
    assert not is_proven
    assert problem == (
        "the bank says 10.0000, the books 7.0000; suspense is -7.0000 in the books,"
        " -10.0000 by its lines"
    )

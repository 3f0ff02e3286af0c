"""Reading CAMT.053 and MT940, and writing pain.008: what is right, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from jobs.bank.debit_file import write_debit_file
from jobs.bank.reading import read_statements
from jobs.exceptions import DebitFileError, StatementError
from tests.support.statements import Booking, camt, camt_file, mt940

IBAN = "DE89370400440532013000"
DAY = date(2026, 11, 2)
BOOKINGS = [
    Booking("119.00", "Rechnung 2026-000001", "RF18100000001", "INV-1", bank_reference="B1"),
    Booking("-12.5", "Account fee", bank_reference="B2"),
    Booking(
        "-23.00", "AM04", end_to_end_id="DD-101-1-1", return_reason="AM04", bank_reference="B3"
    ),
]


def good() -> bytes:
    return camt_file(camt(IBAN, DAY, "1000.00", BOOKINGS))


def reason(content: bytes) -> str:
    with pytest.raises(StatementError) as caught:
        read_statements(content)
    assert str(caught.value)
    return caught.value.reason


def test_camt_says_what_the_bank_wrote() -> None:
    form, (statement,) = read_statements(good())
    assert form == "camt.053"
    assert (statement.iban, statement.currency, statement.opened_on, statement.closed_on) == (
        IBAN,
        "EUR",
        DAY,
        DAY,
    )
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1083.50"))
    first, fee, returned = statement.lines
    assert (first.amount, first.counterparty_name, first.counterparty_iban) == (
        Decimal("119.00"),
        "Gwen Driver",
        "DE02120300000000202051",
    )
    assert (first.creditor_reference, first.end_to_end_id, first.remittance) == (
        "RF18100000001",
        "INV-1",
        "Rechnung 2026-000001",
    )
    assert (first.bank_reference, first.bank_code) == ("B1", "PMNT-RCDT-ESCT")
    assert (fee.amount, fee.end_to_end_id) == (Decimal("-12.5"), None)
    assert (returned.amount, returned.end_to_end_id, returned.return_reason) == (
        Decimal("-23.00"),
        "DD-101-1-1",
        "AM04",
    )
    # The debtor, although money went out.
    assert returned.counterparty_iban == "DE02120300000000202051"


def test_older_versions_of_camt_are_read_as_well() -> None:
    text = good().decode().replace("camt.053.001.08", "camt.053.001.02")
    text = text.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
    text = text.replace("<Pty><Nm>Gwen Driver</Nm></Pty>", "<Nm>Gwen Driver</Nm>")
    assert read_statements(text.encode()) == read_statements(good())


def test_pending_entries_are_not_in_the_balance_and_not_read() -> None:
    text = (
        good()
        .decode()
        .replace(
            "</Stmt>",
            '<Ntry><Amt Ccy="EUR">5</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>'
            "</Stmt>",
        )
    )
    assert read_statements(text.encode()) == read_statements(good())


def test_one_entry_of_several_payments_is_taken_apart_when_each_says_its_amount() -> None:
    def detail(amount: str, name: str) -> str:
        return (
            f'<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>'
            "<CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
        )

    entry = camt(IBAN, DAY, "0", [Booking("30.00", batch="DDB-1-1")])
    apart = entry.replace("</Btch>", f"</Btch>{detail('10.00', 'A')}{detail('20.00', 'B')}")
    (statement,) = read_statements(camt_file(apart))[1]
    assert [(each.amount, each.end_to_end_id) for each in statement.lines] == [
        (Decimal("10.00"), "A"),
        (Decimal("20.00"), "B"),
    ]
    # What does not come to the entry stays one line.
    whole = entry.replace("</Btch>", f"</Btch>{detail('10.00', 'A')}{detail('19.00', 'B')}")
    (statement,) = read_statements(camt_file(whole))[1]
    assert [(each.amount, each.batch_reference) for each in statement.lines] == [
        (Decimal("30.00"), "DDB-1-1")
    ]


def test_mt940_says_what_the_bank_wrote() -> None:
    form, (statement,) = read_statements(mt940(IBAN, DAY, "1000.00", BOOKINGS))
    assert form == "mt940"
    assert (statement.iban, statement.currency) == (IBAN, "EUR")
    assert (statement.opening, statement.closing) == (Decimal("1000.00"), Decimal("1083.50"))
    first, fee, returned = statement.lines
    assert (first.amount, first.booked_on, first.counterparty_iban, first.counterparty_name) == (
        Decimal("119.00"),
        DAY,
        "DE02120300000000202051",
        "Gwen Driver",
    )
    assert (first.end_to_end_id, first.remittance, first.bank_reference) == (
        "INV-1",
        "Rechnung 2026-000001 RF18100000001",
        "B1",
    )
    assert (fee.amount, fee.remittance) == (Decimal("-12.5"), "Account fee")
    assert (returned.amount, returned.return_reason) == (Decimal("-23.00"), "AM04")


def test_mt940_knows_reversals_german_accounts_and_words_between_slashes() -> None:
    content = (
        b"{1:F01}{2:O940}{4:\r\n:20:A\r\n:25:37040044/532013000\r\n:28C:1\r\n"
        b":60M:D261102EUR10,\r\n:61:2611021102RD30,00NDDTREF-1//X\r\n"
        b":86:/EREF/DD-1/MARF/M1/IBAN/NL91ABNA0417164300/NAME/Piet/RTRN/MS03/REMI/back again/\r\n"
        b":61:261102RC5,5NTRFNONREF\r\n:86:a text of\r\ntwo lines\r\n"
        b":62M:C261102EUR14,50\r\n-}\r\n"
    )
    (statement,) = read_statements(content)[1]
    assert statement.iban == IBAN
    assert (statement.opening, statement.closing) == (Decimal(-10), Decimal("14.50"))
    debit, credit = statement.lines
    assert (debit.amount, credit.amount) == (Decimal("30.00"), Decimal("-5.5"))
    assert (debit.end_to_end_id, debit.mandate_reference, debit.counterparty_iban) == (
        "DD-1",
        "M1",
        "NL91ABNA0417164300",
    )
    assert (debit.counterparty_name, debit.return_reason, debit.remittance) == (
        "Piet",
        "MS03",
        "back again",
    )
    assert (credit.end_to_end_id, credit.remittance) == (None, "a text of two lines")


def test_several_messages_of_mt940_are_several_statements() -> None:
    content = mt940(IBAN, DAY, "0", BOOKINGS) + mt940(IBAN, date(2026, 11, 3), "83.50", [])
    assert [each.closing for each in read_statements(content)[1]] == [
        Decimal("83.50"),
        Decimal("83.50"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        b"",
        b"PK\x03\x04zipped",
        b"<html></html>",
        good().replace(b"camt.053", b"camt.054"),
        good()[:-40],
        good()[: len(good()) // 2],
        good().replace(b"CLBD", b"ITBD"),
        good().replace(b'">119.00<', b'">1.119,00<'),
        good().replace(b'">119.00<', b'">NaN<'),
        good().replace(b"<BookgDt><Dt>2026-11-02", b"<BookgDt><Dt>2026-13-02"),
        good().replace(b"<IBAN>DE89370400440532013000</IBAN>", b"<Othr><Id>1</Id></Othr>", 1),
        good().replace(b"?>\n", b'?>\n<!DOCTYPE d [<!ENTITY e "x">]>\n', 1),
        good().replace(b"?>\n", b'?>\n<!DOCTYPE d SYSTEM "file:///etc/hostname">\n', 1),
        mt940(IBAN, DAY, "1000.00", BOOKINGS).split(b":62F:")[0],
        mt940(IBAN, DAY, "1000.00", BOOKINGS)[:150],
        mt940(IBAN, DAY, "1000.00", BOOKINGS).replace(b"C119,00", b"C1.119,00"),
        mt940(IBAN, DAY, "1000.00", BOOKINGS).replace(b"EUR1000,00", b"EUR1.000,00"),
        mt940(IBAN, DAY, "1000.00", BOOKINGS).replace(b":61:261102", b":61:261302", 1),
        mt940(IBAN, DAY, "1000.00", BOOKINGS).replace(IBAN.encode(), b"unnamed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content: bytes) -> None:
    assert reason(content) == "statement_unreadable"


def test_entities_are_not_expanded() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(9))
    bomb = good().replace(b"?>\n", f"?>\n<!DOCTYPE d [{levels}]>\n".encode(), 1)
    assert reason(bomb.replace(b"Account fee", b"&e8;")) == "statement_unreadable"


def test_a_wrong_count_or_sum_of_the_bank_itself_is_refused() -> None:
    summary = b"<TxsSummry><TtlNtries><NbOfNtries>%d</NbOfNtries></TtlNtries></TxsSummry><Ntry>"
    read_statements(good().replace(b"<Ntry>", summary % 3, 1))
    assert reason(good().replace(b"<Ntry>", summary % 4, 1)) == "total_wrong"
    sums = b"<TxsSummry><TtlCdtNtries><Sum>%s</Sum></TtlCdtNtries></TxsSummry><Ntry>"
    read_statements(good().replace(b"<Ntry>", sums % b"119", 1))
    assert reason(good().replace(b"<Ntry>", sums % b"120", 1)) == "total_wrong"


def test_currencies_that_differ_are_refused() -> None:
    assert reason(good().replace(b'Ccy="EUR">119.00', b'Ccy="XYZ">119.00')) == "currency_unknown"
    assert reason(good().replace(b"<Ccy>EUR</Ccy>", b"<Ccy>USD</Ccy>")) == "currency_unknown"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([good(), mt940(IBAN, DAY, "1000.00", BOOKINGS)]), st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(content: bytes, data: Any) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    damaged = content[:start] + data.draw(st.binary(max_size=8)) + content[end:]
    try:
        _, statements = read_statements(damaged)
    except StatementError:
        return
    for statement in statements:
        assert "\x00" not in str(statement.as_json())


def batch(**changes: Any) -> dict[str, Any]:
    payment = {
        "end_to_end_id": "DD-101-1-1",
        "amount": "11.90",
        "name": "Jörg Müller & Söhne",
        "iban": "DE02120300000000202051",
        "bic": None,
        "mandate_reference": "M101-1",
        "signed_on": "2025-06-01",
        "text": "2026-000001 RF18100000001",
    }
    found: dict[str, Any] = {
        "tenant_id": 101,
        "debit_batch_id": 1,
        "message_id": "DDB-101-1",
        "created_at": "2026-11-01T10:00:00",
        "scheme": "CORE",
        "sequence_type": "RCUR",
        "collect_on": "2026-11-16",
        "currency": "EUR",
        "total": "16.90",
        "count": 2,
        "creditor": {
            "name": "Greenway Charging GmbH",
            "iban": IBAN,
            "bic": "COBADEFFXXX",
            "creditor_id": "DE98ZZZ09999999999",
        },
        "payments": [
            payment,
            {**payment, "end_to_end_id": "DD-101-2-1", "amount": "5.00", "bic": "BYLADEM1001"},
        ],
    }
    return {**found, **changes}


def test_the_file_of_a_batch_says_what_the_batch_says_and_comes_out_the_same() -> None:
    content = write_debit_file(batch())
    assert content == write_debit_file(batch())
    root = etree.fromstring(content)
    said = {
        name: [node.text for node in root.iter(f"{{*}}{name}")]
        for name in ("MsgId", "PmtInfId", "NbOfTxs", "CtrlSum", "SeqTp", "ReqdColltnDt")
    }
    assert said == {
        "MsgId": ["DDB-101-1"],
        "PmtInfId": ["DDB-101-1"],
        "NbOfTxs": ["2", "2"],
        "CtrlSum": ["16.90", "16.90"],
        "SeqTp": ["RCUR"],
        "ReqdColltnDt": ["2026-11-16"],
    }
    assert [node.text for node in root.iter("{*}EndToEndId")] == ["DD-101-1-1", "DD-101-2-1"]
    assert [node.text for node in root.iter("{*}DtOfSgntr")] == ["2025-06-01", "2025-06-01"]
    assert next(root.iter("{*}Dbtr")).findtext("{*}Nm") == "Jorg Muller & Sohne"


@pytest.mark.parametrize(
    "changes",
    [
        {"total": "16.91"},
        {"count": 3},
        {"creditor": {**batch()["creditor"], "iban": "no IBAN"}},
        {"payments": [{**batch()["payments"][0], "amount": "16.905"}]},
        {"payments": [{**batch()["payments"][0], "signed_on": None}]},
    ],
)
def test_a_batch_that_makes_no_valid_file_gets_none(changes: dict[str, Any]) -> None:
    with pytest.raises(DebitFileError):
        write_debit_file(batch(**changes))

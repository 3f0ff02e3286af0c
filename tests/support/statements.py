"""Account statements as banks send them, for tests and for the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

__all__ = ["Booking", "camt", "camt_file", "mt940"]


@dataclass(frozen=True, slots=True)
class Booking:
    """A line; `amount` above zero for what comes in."""

    amount: str
    text: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    iban: str = "DE02120300000000202051"
    name: str = "Gwen Driver"
    batch: str = ""
    return_reason: str = ""
    booked_on: date | None = None
    bank_reference: str = ""


def camt(
    iban: str,
    day: date,
    opening: str,
    bookings: Sequence[Booking],
    *,
    closing: str | None = None,
    currency: str = "EUR",
    reference: str | None = None,
    opened_on: date | None = None,
) -> str:
    """One `Stmt` of CAMT.053.001.08; the closing balance follows unless it is said."""
    last = closing or str(Decimal(opening) + sum(Decimal(each.amount) for each in bookings))
    entries = "".join(_entry(each, day, currency) for each in bookings)
    return (
        f"<Stmt><Id>{reference or day.isoformat()}</Id><CreDtTm>{day}T22:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', opening, opened_on or day, currency)}"
        f"{_balance('CLBD', last, day, currency)}{entries}</Stmt>"
    )


def camt_file(*statements: str) -> bytes:
    """A file of such statements."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-01T22:00:00</CreDtTm></GrpHdr>"
        f"{''.join(statements)}</BkToCstmrStmt></Document>\n"
    ).encode()


def mt940(
    iban: str,
    day: date,
    opening: str,
    bookings: Sequence[Booking],
    *,
    closing: str | None = None,
) -> bytes:
    """A message of MT940 as German banks write it."""
    last = closing or str(Decimal(opening) + sum(Decimal(each.amount) for each in bookings))
    lines = []
    for each in bookings:
        words = (f"EREF+{each.end_to_end_id}" if each.end_to_end_id else "") or "SVWZ+"
        text = f"SVWZ+{each.text} {each.reference}".strip()
        subfields = [words] if words != "SVWZ+" else []
        subfields += [text[start : start + 27] for start in range(0, len(text), 27)]
        lines.append(
            f":61:{day:%y%m%d}{day:%m%d}{'C' if Decimal(each.amount) > 0 else 'D'}"
            f"{abs(Decimal(each.amount))}".replace(".", ",")
            + f"NTRFNONREF//{each.bank_reference or 'B1'}\n"
            + ":86:166?00BOOKING"
            + "".join(f"?{20 + number}{part}" for number, part in enumerate(subfields))
            + f"?30BYLADEM1001?31{each.iban}?32{each.name}"
        )
    return (
        f":20:STATEMENT\n:25:{iban}EUR\n:28C:1/1\n"
        f":60F:{_mark(opening)}{day:%y%m%d}EUR{_comma(opening)}\n"
        + "".join(f"{line}\n" for line in lines)
        + f":62F:{_mark(last)}{day:%y%m%d}EUR{_comma(last)}\n-\n"
    ).encode("cp1252")


def _mark(amount: str) -> str:
    return "D" if Decimal(amount) < 0 else "C"


def _comma(amount: str) -> str:
    return str(abs(Decimal(amount)).quantize(Decimal("0.01"))).replace(".", ",")


def _amount(amount: str, currency: str) -> str:
    value = Decimal(amount)
    sign = "DBIT" if value < 0 else "CRDT"
    return f'<Amt Ccy="{currency}">{abs(value)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def _balance(code: str, amount: str, day: date, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount, currency)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(each: Booking, day: date, currency: str) -> str:
    side = "Dbtr" if Decimal(each.amount) > 0 or each.return_reason else "Cdtr"
    refs = "".join(
        f"<{tag}>{escape(text)}</{tag}>"
        for tag, text in (
            ("AcctSvcrRef", each.bank_reference),
            ("EndToEndId", each.end_to_end_id or "NOTPROVIDED"),
        )
        if text
    )
    structured = (
        f"<Strd><CdtrRefInf><Ref>{each.reference}</Ref></CdtrRefInf></Strd>"
        if each.reference
        else ""
    )
    details = (
        f"<TxDtls><Refs>{refs}</Refs><RltdPties><{side}><Pty><Nm>{escape(each.name)}</Nm></Pty>"
        f"</{side}><{side}Acct><Id><IBAN>{each.iban}</IBAN></Id></{side}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(each.text)}</Ustrd>{structured}</RmtInf>"
        + (
            f"<RtrInf><Rsn><Cd>{each.return_reason}</Cd></Rsn></RtrInf>"
            if each.return_reason
            else ""
        )
        + "</TxDtls>"
    )
    if each.batch:
        details = f"<Btch><MsgId>{each.batch}</MsgId></Btch>"
    return (
        f"<Ntry>{_amount(each.amount, currency)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{each.booked_on or day}</Dt></BookgDt>"
        f"<ValDt><Dt>{each.booked_on or day}</Dt></ValDt>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        f"</BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"
    )

"""Reads CAMT.053 (ISO 20022, BankToCustomerStatement), versions 2 and up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from jobs.bank.statement import Line, Statement, clean, parse_amount, parse_day
from jobs.exceptions import StatementError

__all__ = ["read_camt"]

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_OPENING = ("OPBD", "PRCD")
"""Opening booked; some banks give the closing balance of the statement before instead."""
_NOTHING = frozenset({"NOTPROVIDED", "NOTAVAILABLE", "NONREF"})


def read_camt(content: bytes) -> list[Statement]:
    """The statements of a file, in its order.

    No entity is ever resolved, nothing is fetched, and a document type is refused: a statement
    needs none, and files are attacked through it. Raises StatementError.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise StatementError(f"the XML cannot be read: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise StatementError("the XML has a document type; a statement has none")
    namespace = etree.QName(root).namespace or ""
    if not namespace.startswith(_NAMESPACE):
        raise StatementError(f"the XML is no CAMT.053: its namespace is {namespace[:100]!r}")
    statements = [_statement(node) for node in _all(root, "BkToCstmrStmt", "Stmt")]
    if not statements:
        raise StatementError("the file holds no statement")
    return statements


def _statement(node: etree._Element) -> Statement:
    iban = _text(node, "Acct", "Id", "IBAN")
    if iban is None:
        raise StatementError("the account has no IBAN")
    opening, opened_on, currency = _balance(node, *_OPENING)
    closing, closed_on, closing_currency = _balance(node, "CLBD")
    stated = _text(node, "Acct", "Ccy") or currency
    if len({currency, closing_currency, stated}) != 1:
        raise StatementError(
            f"the currencies differ: {stated}, {currency}, {closing_currency}", "currency_unknown"
        )
    entries = _all(node, "Ntry")
    _check_summary(node, entries)
    return Statement(
        reference=_text(node, "Id") or "",
        iban=iban,
        currency=currency,
        opened_on=opened_on,
        closed_on=closed_on,
        opening=opening,
        closing=closing,
        lines=tuple(
            line for entry in entries if _is_booked(entry) for line in _lines(entry, currency, iban)
        ),
    )


def _balance(node: etree._Element, *codes: str) -> tuple[Decimal, date, str]:
    for code in codes:
        for balance in _all(node, "Bal"):
            if _text(balance, "Tp", "CdOrPrtry", "Cd") == code:
                amount = _one(balance, "Amt")
                day = _text(balance, "Dt", "Dt") or _text(balance, "Dt", "DtTm")
                return (_signed(balance), parse_day(day), _currency(amount))
    raise StatementError(f"the statement has no balance {' or '.join(codes)}: it is cut off")


def _check_summary(node: etree._Element, entries: list[etree._Element]) -> None:
    """Compare what the bank says of the entries in all with those that are there."""
    if not all(_is_booked(entry) for entry in entries):
        return
    count = _text(node, "TxsSummry", "TtlNtries", "NbOfNtries")
    if count is not None and count != str(len(entries)):
        raise StatementError(
            f"the bank counts {count} entries, {len(entries)} are there", "total_wrong"
        )
    for kind, total in (("CRDT", "TtlCdtNtries"), ("DBIT", "TtlDbtNtries")):
        stated = _text(node, "TxsSummry", total, "Sum")
        if stated is None:
            continue
        found = sum(
            (
                parse_amount(_text(entry, "Amt"))
                for entry in entries
                if _text(entry, "CdtDbtInd") == kind
            ),
            Decimal(0),
        )
        if parse_amount(stated) != found:
            raise StatementError(
                f"the bank says that {kind} entries come to {stated}, they do to {found}",
                "total_wrong",
            )


def _is_booked(entry: etree._Element) -> bool:
    """Whether it is in the balances; a pending one is not. From version 8 on the code is deeper."""
    return (_text(entry, "Sts", "Cd") or _text(entry, "Sts")) == "BOOK"


def _lines(entry: etree._Element, currency: str, iban: str) -> Iterator[Line]:
    """One line an entry; one each of its details when they say what each comes to."""
    amount = _checked(entry, currency)
    details = _all(entry, "NtryDtls", "TxDtls")
    if len(details) > 1:
        amounts = [_detail_amount(entry, detail, currency) for detail in details]
        known = [each for each in amounts if each is not None]
        if len(known) == len(details) and sum(known) == amount:
            for detail, each in zip(details, known, strict=True):
                yield _line(entry, detail, each, iban, is_batch=False)
            return
    only = details[0] if len(details) == 1 else None
    yield _line(entry, only, amount, iban, is_batch=only is None)


def _detail_amount(entry: etree._Element, detail: etree._Element, currency: str) -> Decimal | None:
    for place in (detail, *_all(detail, "AmtDtls", "TxAmt")):
        amount = _all(place, "Amt")
        if amount and _currency(amount[0]) == currency:
            sign = _text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")
            return parse_amount(amount[0].text) * (1 if sign == "CRDT" else -1)
    return None


def _line(
    entry: etree._Element,
    detail: etree._Element | None,
    amount: Decimal,
    iban: str,
    *,
    is_batch: bool,
) -> Line:
    node: etree._Element = entry if detail is None else detail
    name, other_iban = _counterparty(node, amount, iban)
    code = "-".join(
        part
        for path in (("Domn", "Cd"), ("Domn", "Fmly", "Cd"), ("Domn", "Fmly", "SubFmlyCd"))
        if (part := _text(entry, "BkTxCd", *path))
    )
    value = _text(entry, "ValDt", "Dt") or _text(entry, "ValDt", "DtTm")
    charges = [
        parse_amount(charge.text)
        for path in (("Chrgs", "Amt"), ("Chrgs", "Rcrd", "Amt"))
        for charge in _all(node, *path)
    ]
    texts = [text for each in _all(node, "RmtInf", "Ustrd") if (text := clean(each.text))]
    if not texts:
        texts = [text for each in ("AddtlTxInf", "AddtlNtryInf") if (text := _text(node, each))]
    batch = _first(entry, ("NtryDtls", "Btch", "MsgId"), ("NtryDtls", "Btch", "PmtInfId"))
    if not is_batch and batch is None:
        batch = _first(node, ("Refs", "MsgId"), ("Refs", "PmtInfId"))
    return Line(
        booked_on=parse_day(_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm")),
        amount=amount,
        value_on=parse_day(value) if value else None,
        counterparty_name=name,
        counterparty_iban=other_iban,
        end_to_end_id=_first(node, ("Refs", "EndToEndId")),
        mandate_reference=_first(node, ("Refs", "MndtId")),
        creditor_reference=_first(node, ("RmtInf", "Strd", "CdtrRefInf", "Ref")),
        batch_reference=batch,
        bank_reference=_first(node, ("Refs", "AcctSvcrRef")) or _text(entry, "AcctSvcrRef"),
        bank_code=code or _text(entry, "BkTxCd", "Prtry", "Cd"),
        return_reason=_first(node, ("RtrInf", "Rsn", "Cd"), ("RtrInf", "Rsn", "Prtry")),
        charges=sum(charges, Decimal(0)) if charges else None,
        remittance=" ".join(texts) or None,
    )


def _counterparty(
    node: etree._Element, amount: Decimal, own_iban: str
) -> tuple[str | None, str | None]:
    """Who paid or was paid. Of a returned direct debit the bank may name us as the one paid."""
    sides = ["Dbtr", "Cdtr"] if amount >= 0 else ["Cdtr", "Dbtr"]
    for side in sides:
        name = _first(node, ("RltdPties", side, "Nm"), ("RltdPties", side, "Pty", "Nm"))
        iban = _text(node, "RltdPties", f"{side}Acct", "Id", "IBAN")
        if (name or iban) and iban != own_iban:
            return name, iban
    return None, None


def _signed(node: etree._Element) -> Decimal:
    sign = _text(node, "CdtDbtInd")
    if sign not in {"CRDT", "DBIT"}:
        raise StatementError(f"neither credit nor debit: {sign!r}")
    return parse_amount(_text(node, "Amt")) * (1 if sign == "CRDT" else -1)


def _checked(node: etree._Element, currency: str) -> Decimal:
    """A signed amount in the account's currency."""
    found = _currency(_one(node, "Amt"))
    if found != currency:
        raise StatementError(
            f"an entry is in {found}, the account in {currency}", "currency_unknown"
        )
    return _signed(node)


def _currency(amount: etree._Element) -> str:
    return str(amount.get("Ccy") or "")


def _one(node: etree._Element, name: str) -> etree._Element:
    found = _all(node, name)
    if len(found) != 1:
        raise StatementError(f"{name} stands {len(found)} times where it belongs once")
    return found[0]


def _first(node: etree._Element, *paths: tuple[str, ...]) -> str | None:
    """The first of some texts that says something."""
    for path in paths:
        text = _text(node, *path)
        if text and text.upper() not in _NOTHING:
            return text
    return None


def _text(node: etree._Element, *path: str) -> str | None:
    found = _all(node, *path)
    return clean(found[0].text) if found else None


def _all(node: etree._Element, *path: str) -> list[etree._Element]:
    """Elements below a node by their names, whatever version their namespace is of."""
    nodes = [node]
    for name in path:
        nodes = [child for each in nodes for child in each.iterchildren(f"{{*}}{name}")]
    return nodes

"""Writes the file of a batch of direct debits: pain.008.001.08 (ISO 20022)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sepaxml
from lxml import etree
from sepaxml import SepaDD

from jobs.exceptions import DebitFileError

__all__ = ["write_debit_file"]

_SCHEMA = "pain.008.001.08"
_NAMESPACE = {"p": f"urn:iso:std:iso:20022:tech:xsd:{_SCHEMA}"}


def write_debit_file(batch: dict[str, Any]) -> bytes:
    """The file of a batch in the shape of jobs.take_debit_batch. Raises DebitFileError.

    The same batch makes the same bytes. They are checked against the schema, and number and sum of
    the payments against those of the batch.
    """
    creditor = batch["creditor"]
    config: dict[str, Any] = {
        "name": creditor["name"],
        "IBAN": creditor["iban"],
        "batch": True,
        "creditor_id": creditor["creditor_id"],
        "currency": batch["currency"],
        "instrument": batch["scheme"],
    }
    if creditor["bic"]:
        config["BIC"] = creditor["bic"]
    debit = SepaDD(config, schema=_SCHEMA, clean=True)
    for payment in batch["payments"]:
        debit.add_payment(_payment(batch, payment))
    content = _settle(debit.export(validate=False), batch)
    _check(content, batch)
    return content


def _payment(batch: dict[str, Any], payment: dict[str, Any]) -> dict[str, Any]:
    cents = Decimal(payment["amount"]) * 100
    if cents != cents.to_integral_value() or cents <= 0:
        raise DebitFileError(f"{payment['end_to_end_id']}: {payment['amount']} is no sum in cents")
    if not payment["signed_on"]:
        raise DebitFileError(f"{payment['mandate_reference']}: a mandate without a signature date")
    found: dict[str, Any] = {
        "name": payment["name"],
        "IBAN": payment["iban"],
        "amount": int(cents),
        "type": batch["sequence_type"],
        "collection_date": date.fromisoformat(batch["collect_on"]),
        "mandate_id": payment["mandate_reference"],
        "mandate_date": date.fromisoformat(payment["signed_on"]),
        "description": payment["text"] or payment["end_to_end_id"],
        "endtoend_id": payment["end_to_end_id"],
    }
    if payment["bic"]:
        found["BIC"] = payment["bic"]
    return found


def _settle(content: bytes, batch: dict[str, Any]) -> bytes:
    """Put our names and time where the library makes some up: banks refuse a name that repeats."""
    root = etree.fromstring(content)
    for path, text in (
        (".//p:GrpHdr/p:MsgId", batch["message_id"]),
        (".//p:GrpHdr/p:CreDtTm", batch["created_at"]),
        (".//p:PmtInf/p:PmtInfId", batch["message_id"]),
    ):
        for node in root.iterfind(path, _NAMESPACE):
            node.text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _check(content: bytes, batch: dict[str, Any]) -> None:
    root = etree.fromstring(content)
    try:
        _schema().assertValid(root)
    except etree.DocumentInvalid as error:
        raise DebitFileError(f"the schema refuses the file: {error}") from error
    amounts = [
        Decimal(node.text or "0")
        for node in root.iterfind(".//p:DrctDbtTxInf/p:InstdAmt", _NAMESPACE)
    ]
    stated = [
        (
            root.findtext(f".//p:{place}/p:NbOfTxs", namespaces=_NAMESPACE),
            Decimal(root.findtext(f".//p:{place}/p:CtrlSum", namespaces=_NAMESPACE) or "0"),
        )
        for place in ("GrpHdr", "PmtInf")
    ]
    expected = (str(batch["count"]), Decimal(batch["total"]))
    if (str(len(amounts)), sum(amounts)) != expected or any(each != expected for each in stated):
        raise DebitFileError(
            f"the file has {len(amounts)} payments of {sum(amounts)}, the batch {batch['count']} of"
            f" {batch['total']}"
        )


@cache
def _schema() -> etree.XMLSchema:
    folder = Path(sepaxml.__file__).parent / "schemas"
    return etree.XMLSchema(etree.parse(folder / f"{_SCHEMA}.xsd"))

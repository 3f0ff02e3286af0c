"""From a description to the documents of an invoice, each checked before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.documents.cii import figures_of_cii, write_cii
from jobs.documents.invoice import Figures, check_sums, read_invoice
from jobs.documents.paper import Paper
from jobs.documents.rules import Rules
from jobs.documents.ubl import figures_of_ubl, write_ubl
from jobs.exceptions import DocumentError

__all__ = ["Documents", "Maker"]


@dataclass(frozen=True, slots=True)
class Documents:
    """What is kept of an invoice, and what it says it comes to."""

    pdf: bytes
    ubl: bytes
    figures: Figures


class Maker:
    """Makes documents; what is slow to begin with is kept. Not for several threads at once."""

    def __init__(self) -> None:
        self._rules = Rules()
        self._paper = Paper()

    def make(self, description: Mapping[str, Any]) -> Documents:
        """Make and check the documents of a finalised invoice. Raises DocumentError.

        Both e-invoices are read back: they have to say the same, and what the invoice says.
        """
        invoice = read_invoice(description)
        check_sums(invoice)
        cii, ubl = write_cii(invoice), write_ubl(invoice)
        self._rules.check_cii(cii)
        self._rules.check_ubl(ubl)
        figures = figures_of_cii(cii)
        if figures != invoice.figures or figures_of_ubl(ubl) != figures:
            raise DocumentError("the e-invoices do not say what the invoice says")
        return Documents(self._paper.write(invoice, cii), ubl, figures)

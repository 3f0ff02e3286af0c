"""Says what a file of statements is and reads it."""

from __future__ import annotations

from jobs.bank.camt import read_camt
from jobs.bank.statement import Statement
from jobs.bank.swift import read_swift
from jobs.exceptions import StatementError

__all__ = ["read_statements"]


def read_statements(content: bytes) -> tuple[str, list[Statement]]:
    """The format, as core.bank_files names it, and the statements. Raises StatementError."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:2000]
    if start.startswith(b"PK"):
        raise StatementError("the file is a ZIP archive: import the files in it")
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "camt.053", read_camt(content)
    if b":20:" in content:
        return "mt940", read_swift(content)
    raise StatementError("the file is neither CAMT.053 nor MT940")

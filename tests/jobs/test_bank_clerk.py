"""The bank clerk of the jobs runner, as a process: folder, statements, files of debits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.support.bank import IBAN, Bank, bank_of
from tests.support.databases import Database
from tests.support.processes import running_jobs, wait_until
from tests.support.statements import Booking, camt_file


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Greenway's bank, with nothing on the account."""
    with bank_of(database) as found:
        yield found


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> Iterator[Path]:
    """The folder that a jobs runner watches."""
    found = tmp_path / "statements"
    for name in ("greenway", "bluecharge", "nobody"):
        (found / name).mkdir(parents=True)
    with running_jobs(database.settings, tmp_path, VOLTARO_BANK_FOLDER=str(found)):
        yield found


def put(path: Path, content: bytes, *, age_s: float = 60) -> Path:
    """A file that was last written so long ago."""
    path.write_bytes(content)
    moment = time.time() - age_s
    os.utime(path, (moment, moment))
    return path


def states(bank: Bank) -> list[tuple[object, ...]]:
    """Tenant, name, state and reason of the files that came from the folder."""
    return bank.ask(
        "select tenant_id, file_name, state, reason from core.bank_files"
        " where source = 'folder' and state <> 'waiting' order by file_name"
    )


def test_files_in_the_folder_are_booked_once_and_put_away(bank: Bank, folder: Path) -> None:
    invoice = bank.invoice("10")
    good = camt_file(bank.statement(Booking("11.90", reference=invoice.reference)))
    put(folder / "greenway" / "a.xml", good)
    put(folder / "greenway" / "b.txt", b"garbage")
    put(folder / "bluecharge" / "c.xml", good)
    put(folder / "nobody" / "d.xml", good)
    put(folder / "greenway" / "empty.xml", b"")
    # Written just now, however long this takes.
    half = put(folder / "greenway" / "half.xml", good[:100], age_s=-3600)
    hidden = put(folder / "greenway" / "whole.part", good)
    expected = [
        (101, "a.xml", "booked", None),
        (101, "b.txt", "parked", "statement_unreadable"),
        (102, "c.xml", "parked", "iban_unknown"),
    ]
    wait_until(lambda: states(bank) == expected, what="the files to be booked or parked")
    assert bank.open(invoice) == 0
    assert (folder / "greenway" / "imported" / "a.xml").read_bytes() == good
    assert (folder / "nobody" / "refused" / "d.xml").exists()
    assert (folder / "greenway" / "refused" / "empty.xml").exists()
    # Who writes it has not finished.
    assert half.exists()
    assert hidden.exists()
    # Brought again under another name it is known.
    put(folder / "greenway" / "again.xml", good)
    wait_until((folder / "greenway" / "imported" / "again.xml").exists, what="the file again")
    assert bank.ledger("bank") == bank.open(invoice) + invoice.total


def test_a_batch_gets_its_file_and_one_that_cannot_have_one_a_sentence(
    bank: Bank, folder: Path
) -> None:
    assert folder.exists()
    account = bank.account()
    invoice = bank.invoice("10", account=account)
    (batch,) = bank.collect()
    wait_until(
        lambda: (
            bank.act("select document_id from api.debit_batches where id = %s", batch) != [(None,)]
        ),
        what="the file of the batch",
    )
    ((content, name),) = bank.ask(
        "select content, file_name from core.documents where debit_batch_id = %s", batch
    )
    root = etree.fromstring(content)
    assert name == f"DDB-101-{batch}.xml"
    assert root.findtext(".//{*}CdtrAcct/{*}Id/{*}IBAN") == IBAN
    assert [node.text for node in root.iter("{*}InstdAmt")] == ["11.90"]
    assert invoice.number in (root.findtext(".//{*}Ustrd") or "")
    assert bank.act("select state from api.submit_debit_batch(%s)", batch) == [("submitted",)]
    end_to_end_id = root.findtext(".//{*}EndToEndId") or ""
    assert bank.bring(Booking("11.90", end_to_end_id=end_to_end_id)) == "booked"
    assert bank.open(invoice) == 0

    # One that does not come to what it says: it is not tried again.
    bank.invoice("20", account=account)
    (batch,) = bank.collect()
    bank.owner.execute("update core.debit_batches set total = total + 1 where id = %s", [batch])
    wait_until(
        lambda: (
            bank.ask(
                "select problem like 'the file has 1 payments of 23.80%%' from core.debit_batches"
                " where id = %s",
                batch,
            )
            == [(True,)]
        ),
        what="the problem of the batch",
    )

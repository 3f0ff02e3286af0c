"""Bank statements over HTTP: the body as it is, and what the answers look like."""

from __future__ import annotations

from datetime import date

from tests.support.calls import key_of
from tests.support.people import People
from tests.support.statements import Booking, camt, camt_file

BYTES = {"Content-Type": "application/octet-stream"}


def test_a_statement_is_the_body_of_a_request(people: People) -> None:
    content = camt_file(
        camt("DE89370400440532013000", date(2026, 6, 1), "0", [Booking("1.00", "Grüße")])
    )
    answers = [
        people["greenway.accountant"].post(
            "/rpc/import_bank_statement", content=content, headers=BYTES
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    (first,), (second,) = (answer.json() for answer in answers)
    assert first == second
    assert (first["state"], first["size_bytes"]) == ("waiting", len(content))
    listed = people["greenway.accountant"].get(f"/bank_files?id=eq.{first['id']}").json()
    assert listed == [first]
    # The bytes themselves are in no list.
    assert "content" not in first


def test_bytes_that_are_no_text_are_taken_as_they_are(people: People) -> None:
    content = bytes(range(256))
    (file,) = (
        people["greenway.accountant"]
        .post("/rpc/import_bank_statement", content=content, headers=BYTES)
        .json()
    )
    assert file["size_bytes"] == 256


def test_who_may_not_import_is_told_so(people: People) -> None:
    for who in ("greenway.operator", "greenway.viewer"):
        answer = people[who].post("/rpc/import_bank_statement", content=b"x", headers=BYTES)
        assert (answer.status_code, key_of(answer)) == (403, "permission_missing")
    answer = people["greenway.customer"].post(
        "/rpc/import_bank_statement", content=b"x", headers=BYTES
    )
    assert answer.status_code == 403
    answer = people["greenway.accountant"].post(
        "/rpc/import_bank_statement", content=b"", headers=BYTES
    )
    assert (answer.status_code, key_of(answer)) == (400, "statement_empty")


def test_customers_read_their_mandates_with_a_masked_iban(people: People) -> None:
    (mandate,) = people["greenway.customer"].get("/my_mandates").json()
    assert mandate["iban"] == "DE02**************2051"
    assert people["greenway.customer"].get("/mandates").status_code == 403


def test_a_mandate_is_made_signed_and_revoked(people: People) -> None:
    accountant = people["greenway.accountant"]
    answer = accountant.post(
        "/mandates",
        json={"account_id": 1002, "account_holder": "Dora", "iban": "DE02 1203 0000 0000 2020 51"},
        headers={"Prefer": "return=representation"},
    )
    assert answer.status_code == 201, answer.text
    (mandate,) = answer.json()
    assert (mandate["state"], mandate["iban"]) == ("pending", "DE02120300000000202051")
    assert mandate["reference"] == f"M101-{mandate['id']}"
    path = f"/mandates?id=eq.{mandate['id']}"
    answer = accountant.patch(path, json={"state": "active"})
    assert (answer.status_code, key_of(answer)) == (400, "mandate_unsigned")
    for change in ({"state": "active", "signed_on": "2026-01-02"}, {"state": "revoked"}):
        assert accountant.patch(path, json=change).status_code == 204
    answer = accountant.post(
        "/mandates", json={"account_id": 1002, "account_holder": "Dora", "iban": "DE03"}
    )
    assert (answer.status_code, key_of(answer)) == (400, "iban_invalid")

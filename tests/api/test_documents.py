"""Documents over HTTP: their bytes, under their own type, to whom they are for."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.calls import key_of
from tests.support.people import People

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "*/*", "application/pdf"])
def test_a_link_gives_the_file(people: People, accept: str) -> None:
    """Whatever the client accepts: the bytes that are listed, with type and name."""
    answer = people["greenway.customer"].get(
        "/rpc/invoice_document?invoice=1001", headers={"Accept": accept}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="invoice.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    (listed,) = people["greenway.customer"].get("/documents?kind=eq.invoice_pdf").json()
    assert hashlib.sha256(answer.content).hexdigest() == listed["sha256"]
    assert len(answer.content) == listed["size_bytes"]
    same = people["greenway.support"].get(f"/rpc/document?document={listed['id']}")
    assert same.content == answer.content


def test_others_do_not_get_it(people: People) -> None:
    for persona in ("greenway.driver2", "greenway.viewer", "bluecharge.admin"):
        for path in ("/rpc/invoice_document?invoice=1001", "/rpc/document?document=1001"):
            answer = people[persona].get(path)
            assert (answer.status_code, key_of(answer)) == (404, "document_unknown"), persona
    assert people.anonymous.get("/rpc/invoice_document?invoice=1001").status_code == 401


def test_what_is_not_made_yet_is_said(people: People) -> None:
    answer = people["greenway.support"].get("/rpc/invoice_document?invoice=1001&kind=ubl")
    assert (answer.status_code, key_of(answer)) == (409, "document_not_ready")
    answer = people["greenway.support"].get("/rpc/invoice_document?invoice=1001&kind=doc")
    assert (answer.status_code, key_of(answer)) == (400, "document_kind_invalid")


def test_documents_are_only_read(people: People) -> None:
    admin = people["greenway.admin"]
    assert admin.delete("/documents?id=eq.1001").status_code in {401, 403}
    assert admin.patch("/documents?id=eq.1001", json={"file_name": "x"}).status_code == 403
    assert admin.post("/rpc/retry_documents", json={"invoice": 9999}).status_code == 404
    answer = admin.post("/rpc/retry_documents", json={"invoice": 1001})
    assert answer.status_code == 200, answer.text
    assert answer.json()[0]["parked_at"] is None

"""Invoices through the real PostgREST: a draft, its number, a credit note, and what is open."""

from __future__ import annotations

from tests.support.people import People


def test_an_invoice_with_lines_and_taxes(people: People) -> None:
    """A customer reads what they owe, line by line, in one request."""
    answer = people["greenway.customer"].get(
        "/invoices",
        params={
            "select": "id,kind,state,total_incl_vat,open_amount,payment_state,is_overdue,"
            "invoice_lines(line,description,amount_excl_vat),"
            "invoice_taxes(category,vat_rate,vat),accounts(number),credited_number",
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == [
        {
            "id": 1001,
            "kind": "invoice",
            "state": "finalised",
            "total_incl_vat": 11.9,
            "open_amount": 11.9,
            "payment_state": "open",
            "is_overdue": False,
            "invoice_lines": [{"line": 1, "description": "Charging card", "amount_excl_vat": 10.0}],
            "invoice_taxes": [{"category": "S", "vat_rate": 19.0, "vat": 1.9}],
            "accounts": {"number": "A1001"},
            "credited_number": None,
        }
    ]


def test_from_draft_to_credit_note(people: People) -> None:
    """An accountant makes a draft, corrects it, issues it, and takes a part of it back."""
    accountant = people["bluecharge.accountant"]
    customer = people["bluecharge.customer"]
    made = accountant.post(
        "/rpc/create_invoice",
        json={"account": 2001, "lines": [{"description": "Card", "unit_price": 10}]},
    )
    assert made.status_code == 200, made.text
    (draft,) = made.json()
    assert (draft["state"], draft["number"], draft["total_incl_vat"]) == ("draft", None, 11.9)
    mine = {"id": f"eq.{draft['id']}"}
    assert customer.get("/invoices", params=mine).json() == []
    assert customer.get("/invoice_lines", params={"invoice_id": mine["id"]}).json() == []

    wrong = accountant.post(
        "/rpc/update_draft",
        json={"invoice": draft["id"], "lines": [{"description": "Card", "unit_price": "ten"}]},
    )
    assert wrong.status_code == 400, wrong.text
    assert '"path" : "lines/0/unit_price"' in wrong.json()["details"]
    lines = [
        {"description": "Card", "unit_price": "9.99", "quantity": 3, "vat_rate": 9},
        {"description": "Help", "unit_price": 40, "quantity": 0.5, "unit": "HUR"},
        {"description": "Gift", "unit_price": 20, "includes_vat": True},
    ]
    changed = accountant.post(
        "/rpc/update_draft", json={"invoice": draft["id"], "lines": lines, "note": "Thank you."}
    )
    assert changed.status_code == 200, changed.text
    assert [changed.json()[0][key] for key in ("total_excl_vat", "total_vat", "note")] == [
        66.78,
        9.69,
        "Thank you.",
    ]

    issued = accountant.post("/rpc/finalise_invoice", json={"invoice": draft["id"]})
    assert issued.status_code == 200, issued.text
    (invoice,) = issued.json()
    assert invoice["number"].endswith("-000002")
    assert invoice["payment_reference"].startswith("RF")
    again = accountant.post("/rpc/finalise_invoice", json={"invoice": draft["id"]})
    assert again.status_code == 409, again.text
    assert accountant.post("/rpc/delete_draft", json={"invoice": draft["id"]}).status_code == 409
    assert customer.get("/open_items", params={"invoice_id": mine["id"]}).json()[0][
        "open_amount"
    ] == (76.47)

    credited = accountant.post(
        "/rpc/credit_invoice",
        json={"invoice": draft["id"], "reason": "too late", "lines": [{"line": 2}]},
    )
    assert credited.status_code == 200, credited.text
    seen = customer.get("/invoices", params={"kind": "eq.credit_note"}).json()
    assert [(note["total_incl_vat"], note["credited_number"]) for note in seen] == [
        (23.8, invoice["number"])
    ]
    assert customer.get("/invoices", params=mine).json()[0]["open_amount"] == 52.67


def test_a_draft_is_removed(people: People) -> None:
    """A draft that nobody wants leaves nothing behind, not even a gap."""
    accountant = people["bluecharge.accountant"]
    (draft,) = accountant.post(
        "/rpc/create_invoice",
        json={"account": 2001, "lines": [{"description": "Card", "unit_price": 10}]},
    ).json()
    assert accountant.post("/rpc/delete_draft", json={"invoice": draft["id"]}).status_code == 204
    assert accountant.get("/invoices", params={"id": f"eq.{draft['id']}"}).json() == []


def test_who_may_not(people: People) -> None:
    """Customers, support and other tenants make nothing."""
    lines = [{"description": "Card", "unit_price": 10}]
    for person, account, status in (
        ("greenway.customer", 1001, 403),
        ("greenway.support", 1001, 403),
        ("greenway.operator", 1001, 403),
        ("bluecharge.accountant", 1001, 404),
    ):
        answer = people[person].post(
            "/rpc/create_invoice", json={"account": account, "lines": lines}
        )
        assert answer.status_code == status, (person, answer.text)

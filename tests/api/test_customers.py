"""Customers and their privacy through the real PostgREST, as forms and apps use it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.people import People

RETURN = {"prefer": "return=representation"}


def test_from_nothing_to_a_contract(people: People) -> None:
    """What is left out is filled in; the customer reads it in one request."""
    operator = people["greenway.operator"]
    made = operator.post(
        "/customers",
        json={"kind": "company", "name": "Fleet Ltd", "email": "fleet@example.org"},
        headers=RETURN,
    )
    assert made.status_code == 201, made.text
    (customer,) = made.json()
    assert customer["number"].startswith("C")
    assert customer["vat_id_state"] == "none"
    address = operator.post(
        "/customer_addresses",
        json={
            "customer_id": customer["id"],
            "kind": "billing",
            "address_line": "Kai 1",
            "postal_code": "20095",
            "city": "Hamburg",
            "country_code": "DE",
        },
    )
    assert address.status_code == 201, address.text
    (account,) = operator.post(
        "/accounts", json={"customer_id": customer["id"]}, headers=RETURN
    ).json()
    assert (account["currency"], account["legal_entity_id"]) == ("EUR", 1001)
    contract = operator.post("/contracts", json={"account_id": account["id"], "id_token_id": 1003})
    assert contract.status_code == 201, contract.text
    (row,) = operator.get(
        "/customers",
        params={
            "select": "name,customer_addresses(city),accounts(number,contracts(id_token_id))",
            "id": f"eq.{customer['id']}",
        },
    ).json()
    assert row == {
        "name": "Fleet Ltd",
        "customer_addresses": [{"city": "Hamburg"}],
        "accounts": [{"number": account["number"], "contracts": [{"id_token_id": 1003}]}],
    }


def test_refusals_say_why(people: People) -> None:
    """400 and 409 with a key, 403 for whom it is not, and other tenants' rows are not there."""
    accountant = people["greenway.accountant"]
    wrong = accountant.patch(
        "/legal_entities", params={"id": "eq.1001"}, json={"iban": "DE89370400440532013001"}
    )
    assert (wrong.status_code, wrong.json()["details"]) == (400, '{"error":"iban_invalid"}')
    overlap = accountant.post("/contracts", json={"account_id": 1002, "id_token_id": 1001})
    assert overlap.status_code == 409, overlap.text
    assert "contract_overlaps" in overlap.json()["details"]
    support = people["greenway.support"]
    assert support.post("/accounts", json={"customer_id": 1001}).status_code == 403
    others = accountant.get("/customers", params={"id": "in.(1001,2001)"}).json()
    assert [row["id"] for row in others] == [1001]


def test_two_contracts_of_one_token_at_once(people: People) -> None:
    """One is made, the other is refused; neither is an error of ours."""
    operator = people["bluecharge.admin"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: (
                    operator.post(
                        "/contracts", json={"account_id": 2001, "id_token_id": 2003}
                    ).status_code
                ),
                range(8),
            )
        )
    assert sorted(answers) == [201] + [409] * 7


def test_a_person_exports_and_asks_to_be_erased(people: People) -> None:
    """What is open is named; a stranger's request is nobody else's to see."""
    driver = people["bluecharge.driver2"]
    assert driver.post("/rpc/accept_terms", json={"document": "terms", "version": "3"}).is_success
    exported = driver.post("/rpc/export_my_data").json()
    assert exported["tenant"] == "Bluecharge"
    assert exported["data"]["core.users"]["rows"][0]["email"] == "driver2@bluecharge.example"
    assert [row["document"] for row in exported["data"]["core.consents"]["rows"]] == ["terms"]
    request = driver.post("/rpc/request_erasure")
    assert request.status_code == 200, request.text
    mine = driver.get("/erasures", params={"select": "id,state"}).json()
    assert mine == [{"id": request.json(), "state": "requested"}]
    stranger = people["greenway.customer"].get("/erasures", params={"id": f"eq.{request.json()}"})
    assert stranger.json() == []
    user_id = exported["data"]["core.users"]["rows"][0]["id"]
    refused = people["bluecharge.admin"].post(
        "/rpc/erase_person", json={"user_id": user_id, "reason": "asked in the app"}
    )
    assert refused.status_code == 409, refused.text
    assert "open_transaction" in refused.json()["details"]

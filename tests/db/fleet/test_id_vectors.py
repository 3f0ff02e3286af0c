"""EVSE ids, contract ids and their check digits, as the specifications' examples have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import Database

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "id_vectors.json").read_text())


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The owner's connection; these functions are nobody else's."""
    with psycopg.connect(module_database.owner_url) as connection:
        yield connection


def call(owner: psycopg.Connection[tuple[Any, ...]], function: str, argument: str | None) -> Any:
    """The value of fleet.<function>(argument)."""
    query = sql.SQL("select fleet.{}(%s)").format(sql.Identifier(function))
    row = owner.execute(query, [argument]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("case", VECTORS["emaid_check"], ids=lambda case: case["input"])
def test_iso_check_digit_is_computed(
    owner: psycopg.Connection[tuple[Any, ...]], case: dict[str, str]
) -> None:
    assert call(owner, "compute_contract_check_digit", case["input"]) == case["check"]


@pytest.mark.parametrize("case", VECTORS["din_check"], ids=lambda case: case["input"])
def test_din_check_digit_is_computed(
    owner: psycopg.Connection[tuple[Any, ...]], case: dict[str, str]
) -> None:
    assert call(owner, "compute_din_check_digit", case["input"]) == case["check"]


@pytest.mark.parametrize("case", VECTORS["evse"], ids=lambda case: case["input"])
def test_evse_id_is_brought_into_its_normal_form_or_refused(
    owner: psycopg.Connection[tuple[Any, ...]], case: dict[str, Any]
) -> None:
    normal = call(owner, "normalise_evse_id", case["input"])
    assert (normal is not None) == case["valid"]
    if "normalised" in case:
        assert normal == case["normalised"]
    if normal is not None:
        assert call(owner, "normalise_evse_id", normal) == normal


@pytest.mark.parametrize("case", VECTORS["emaid"], ids=lambda case: case["input"])
def test_contract_id_is_brought_into_its_normal_form_and_checked(
    owner: psycopg.Connection[tuple[Any, ...]], case: dict[str, Any]
) -> None:
    normal = call(owner, "normalise_contract_id", case["input"])
    is_right = normal is not None and call(owner, "is_contract_id_right", normal)
    assert is_right == case["valid"]


@pytest.mark.parametrize("case", VECTORS["din_to_emi3"], ids=lambda case: case["din"])
def test_legacy_contract_id_becomes_an_emi3_one(
    owner: psycopg.Connection[tuple[Any, ...]], case: dict[str, str]
) -> None:
    assert call(owner, "convert_din_contract_id", case["din"]) == case["emi3"]
    assert call(owner, "normalise_contract_id", case["din"]) == case["emi3"]


def test_foreign_contract_id_with_a_wrong_check_digit_keeps_it(
    owner: psycopg.Connection[tuple[Any, ...]],
) -> None:
    normal = call(owner, "normalise_contract_id", "NLEFFC1154RKPFC")
    assert normal == "NL-EFF-C1154RKPF-C"
    assert call(owner, "is_contract_id_right", normal) is False

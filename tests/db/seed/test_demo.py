"""The demo tenants: what `make info` promises is there, once, and nothing of invented history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from db.connection import connect
from db.migrate import migrate, run_file
from db.seed import ACCOUNTS, CHARGE_POINT, DEMO, ID_TOKEN, seed
from tests.support.databases import Database, TestCluster

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def seeded(cluster: TestCluster) -> Iterator[Database]:
    """A fresh database with the demo in it, shared: these tests leave it as it is."""
    with cluster.empty() as empty:
        migrate(empty.settings)
        assert seed(empty.settings)
        yield empty


@pytest.fixture
def owner(seeded: Database) -> Iterator[Connection]:
    """The owner's connection to it."""
    with connect(seeded.owner_url, owner=True) as connection:
        yield connection


def one(connection: Connection, query: Any, *parameters: Any) -> Any:
    """The only value of the only row."""
    (row,) = connection.execute(query, parameters).fetchall()
    return row[0]


def everything(connection: Connection) -> list[tuple[Any, ...]]:
    """How many rows every table has, the audit left out."""
    tables = [
        row[0]
        for row in connection.execute(
            "select c.oid::regclass::text from pg_class as c"
            " where c.relkind in ('r', 'p') and not c.relispartition"
            " and c.relnamespace in ('core'::regnamespace, 'ops'::regnamespace) order by 1"
        )
    ]
    return [
        (name, one(connection, sql.SQL("select count(*) from {}").format(sql.SQL(name))))
        for name in tables
    ]


def test_everybody_signs_in_with_the_role_and_tenant_that_make_info_names(
    seeded: Database,
) -> None:
    for account in ACCOUNTS:
        with (
            psycopg.connect(seeded.authenticator_url) as connection,
            connection.transaction(force_rollback=True),
        ):
            connection.execute("set local role anon")
            answer = one(
                connection,
                "select api.login(%s, %s)",
                account.email,
                seeded.settings.secrets.demo_password,
            )
        assert "access_token" in answer, (account, answer)
    with connect(seeded.owner_url, owner=True) as owner:
        rows = owner.execute(
            "select u.email, r.name, t.slug from core.memberships as m"
            " join core.users as u on u.id = m.user_id"
            " join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id"
            " join core.tenants as t on t.id = m.tenant_id"
        ).fetchall()
    assert sorted(rows) == sorted((a.email, a.role, a.tenant) for a in ACCOUNTS)


def test_demo_charger_has_its_key_and_two_outlets_of_22_kw_and_more(
    seeded: Database, owner: Connection
) -> None:
    charge_point = one(
        owner,
        "select i.charge_point_id from core.charge_point_identities as i"
        " join core.tenants as t on t.id = i.tenant_id"
        " where i.identity_key = lower(%s) and t.slug = 'greenway'",
        CHARGE_POINT,
    )
    assert (
        one(
            owner,
            "select count(*) from core.charge_point_keys as k where k.charge_point_id = %s"
            " and k.key_hash = fleet.hash_charge_point_key(%s)",
            charge_point,
            seeded.settings.secrets.demo_charge_point_key.encode(),
        )
        == 1
    )
    powers = owner.execute(
        "select c.power_type, c.max_power_w from core.connectors as c"
        " where c.charge_point_id = %s order by c.ocpp16_connector_id",
        [charge_point],
    ).fetchall()
    assert powers == [("AC_3_PHASE", 22000), ("DC", 50000)]


@pytest.mark.parametrize(
    ("id_token", "expected"),
    [
        (ID_TOKEN, "Accepted"),
        ("BLOCKED001", "Blocked"),
        ("EXPIRED001", "Expired"),
        ("FLEET001", "Accepted"),
        ("BLUE001", "Invalid"),
    ],
)
def test_demo_tokens_are_what_they_are_called(
    owner: Connection, id_token: str, expected: str
) -> None:
    with owner.transaction(force_rollback=True):
        status = one(
            owner,
            "select (charging.authorize_id_token(i.tenant_id, i.charge_point_id, %s, 'start',"
            " now(), null)).status"
            " from core.charge_point_identities as i where i.identity_key = 'cp001'",
            id_token,
        )
    assert status == expected


def test_demo_token_is_the_drivers(owner: Connection) -> None:
    email = one(
        owner,
        "select u.email from core.id_tokens as t join core.users as u on u.id = t.user_id"
        " where t.id_token = %s",
        ID_TOKEN,
    )
    assert email == "driver@greenway.example"


def test_tenants_are_two_in_two_time_zones_without_history(owner: Connection) -> None:
    zones = owner.execute("select t.slug, t.time_zone from core.tenants as t order by t.id")
    assert zones.fetchall() == [("greenway", "Europe/Berlin"), ("bluecharge", "Europe/London")]
    counts = dict(everything(owner))
    assert counts["core.sessions"] == counts["core.meter_values"] == 0
    assert counts["ops.message_log"] == counts["core.authorizations"] == 0


def test_seeding_again_changes_nothing(seeded: Database, owner: Connection) -> None:
    before = everything(owner)
    assert seed(seeded.settings) is False
    with owner.transaction():
        owner.execute(
            "select set_config('voltaro.demo_password', 'another', true),"
            " set_config('voltaro.demo_charge_point_key', 'another', true)"
        )
        run_file(owner, DEMO)
    assert everything(owner) == before


def test_demo_tariffs_leave_no_doubt(owner: Connection) -> None:
    """Each tenant has three, valid now, and the linter has nothing to say of them."""
    rows = owner.execute(
        "select t.slug, r.tariff_id, pricing.lint_tariff(v.document)"
        " from core.tariff_versions as v"
        " join core.tariffs as r on r.tenant_id = v.tenant_id and r.id = v.tariff_id"
        " join core.tenants as t on t.id = v.tenant_id"
        " where v.valid @> now() order by 1, 2"
    ).fetchall()
    assert rows == [
        (tenant, tariff, {"errors": [], "warnings": []})
        for tenant in ("bluecharge", "greenway")
        for tariff in ("FREE", "NIGHT", "STANDARD")
    ]


@pytest.mark.parametrize(
    ("identity", "id_token", "expected"),
    [
        ("cp001", ID_TOKEN, "STANDARD"),
        ("cp003", ID_TOKEN, "NIGHT"),
        ("cp001", "FLEET002", "FREE"),
        ("bc001", "BLUE001", "STANDARD"),
        ("bc002", "BLUE001", "NIGHT"),
        ("bc002", "POOL001", "FREE"),
    ],
)
def test_demo_tariffs_apply_where_they_are_meant_to(
    owner: Connection, identity: str, id_token: str, expected: str
) -> None:
    """Everywhere one, at one site another, and for the cars of the house none at all."""
    tariff = one(
        owner,
        "select t.tariff_id"
        " from core.charge_point_identities as i"
        " join core.evses as e on e.tenant_id = i.tenant_id"
        " and e.charge_point_id = i.charge_point_id and e.evse_no = 1"
        " join core.id_tokens as k on k.tenant_id = i.tenant_id and k.id_token = %s"
        " cross join lateral pricing.choose_tariff(i.tenant_id, i.charge_point_id, e.id, null,"
        " k.id, k.user_id, now()) as c"
        " join core.tariff_versions as v on v.tenant_id = i.tenant_id"
        " and v.id = c.tariff_version_id"
        " join core.tariffs as t on t.tenant_id = v.tenant_id and t.id = v.tariff_id"
        " where i.identity_key = %s",
        id_token,
        identity,
    )
    assert tariff == expected


def test_drivers_of_the_demo_can_be_billed(owner: Connection) -> None:
    """Each tenant has a legal entity with its series, and somebody who pays in every way."""
    rows = owner.execute(
        "select t.slug, a.number, a.payment_method, a.currency, k.id_token, m.state"
        " from core.accounts as a"
        " join core.tenants as t on t.id = a.tenant_id"
        " join core.legal_entities as e on e.tenant_id = a.tenant_id and e.id = a.legal_entity_id"
        " join core.contracts as c on c.tenant_id = a.tenant_id and c.account_id = a.id"
        " join core.id_tokens as k on k.tenant_id = c.tenant_id and k.id = c.id_token_id"
        " left join core.mandates as m on m.tenant_id = a.tenant_id and m.account_id = a.id"
        " order by t.slug, a.number"
    ).fetchall()
    assert rows == [
        ("bluecharge", "A1001", "card", "GBP", "BLUE001", None),
        ("greenway", "A1001", "sepa_debit", "EUR", "VALID001", "active"),
        ("greenway", "A1002", "bank_transfer", "EUR", "FLEET001", None),
    ]
    assert one(owner, "select count(*) from core.number_series") == 4
    assert (
        one(
            owner,
            "select count(*) from core.customers as c where not exists (select"
            " from core.customer_addresses as a"
            " where a.tenant_id = c.tenant_id and a.customer_id = c.id)",
        )
        == 0
    )

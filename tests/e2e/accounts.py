"""Tenants and charge points for whole runs, each charge point with a key and a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.connection import Connection

__all__ = ["Account", "add_chargers", "add_tenant"]


@dataclass(frozen=True, slots=True)
class Account:
    """A charge point, the key it signs in with and a token that may charge there."""

    tenant_id: int
    charge_point_id: int
    identity: str
    key: str
    id_token: str


def add_tenant(owner: Connection, slug: str) -> int:
    """Make a tenant and return its id."""
    row = owner.execute(
        "insert into core.tenants (slug, name, country_code, party_id)"
        " select %(slug)s, %(slug)s, 'ZZ', lpad(count(*)::text, 3, '0') from core.tenants"
        " returning id",
        {"slug": slug},
    ).fetchone()
    assert row is not None
    return int(row[0])


def add_chargers(owner: Connection, tenant_id: int, identities: Sequence[str]) -> list[Account]:
    """Make charge points, each with a key, a connector of 22 kW and a token of its own.

    `owner` is a connection as voltaro_owner.
    """
    names = list(identities)
    keys = [f"key-of-{name}".ljust(16, "-") for name in names]
    tokens = [f"TAG-{name}" for name in names]
    with owner.transaction():
        owner.execute(
            "insert into core.charge_points (tenant_id, identity, max_power_w)"
            " select %s, n, 22000 from unnest(%s::text[]) as n",
            [tenant_id, names],
        )
        owner.execute(
            "insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)"
            " select c.tenant_id, c.id, fleet.hash_charge_point_key(convert_to(k.key, 'UTF8'))"
            " from unnest(%s::text[], %s::text[]) as k (name, key)"
            " join core.charge_points as c on c.identity = k.name and c.tenant_id = %s",
            [names, keys, tenant_id],
        )
        owner.execute(
            "with evse as ("
            "  insert into core.evses (tenant_id, charge_point_id, evse_no)"
            "  select c.tenant_id, c.id, 1 from core.charge_points as c"
            "  where c.tenant_id = %s and c.identity = any(%s)"
            "  returning tenant_id, id, charge_point_id)"
            " insert into core.connectors (tenant_id, charge_point_id, evse_id, connector_no,"
            "  ocpp16_connector_id, max_power_w)"
            " select e.tenant_id, e.charge_point_id, e.id, 1, 1, 22000 from evse as e",
            [tenant_id, names],
        )
        owner.execute(
            "insert into core.id_tokens (tenant_id, id_token)"
            " select %s, t from unnest(%s::text[]) as t",
            [tenant_id, tokens],
        )
        rows = owner.execute(
            "select identity, id from core.charge_points"
            " where tenant_id = %s and identity = any(%s)",
            [tenant_id, names],
        ).fetchall()
    ids = {str(identity): int(number) for identity, number in rows}
    return [
        Account(tenant_id, ids[name], name, key, token)
        for name, key, token in zip(names, keys, tokens, strict=True)
    ]

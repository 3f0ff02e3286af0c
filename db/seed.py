"""The demo tenants: who is in them, and the command that makes them once.

db/seed/demo.sql runs as voltaro_owner; the password and the charger's key reach it as settings
of its transaction (`voltaro.demo_password`, `voltaro.demo_charge_point_key`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from db.connection import connect
from db.migrate import run_file
from db.settings import ROOT, Settings

__all__ = ["ACCOUNTS", "CHARGE_POINT", "ID_TOKEN", "Account", "describe_demo", "seed"]

DEMO = ROOT / "db" / "seed" / "demo.sql"


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account; all of them share one generated password."""

    email: str
    role: str
    tenant: str


ACCOUNTS = (
    Account("platform@voltaro.example", "platform_admin", "greenway"),
    Account("admin@greenway.example", "admin", "greenway"),
    Account("operator@greenway.example", "operator", "greenway"),
    Account("accountant@greenway.example", "accountant", "greenway"),
    Account("support@greenway.example", "support", "greenway"),
    Account("driver@greenway.example", "customer", "greenway"),
    Account("admin@bluecharge.example", "admin", "bluecharge"),
    Account("operator@bluecharge.example", "operator", "bluecharge"),
    Account("accountant@bluecharge.example", "accountant", "bluecharge"),
    Account("support@bluecharge.example", "support", "bluecharge"),
    Account("driver@bluecharge.example", "customer", "bluecharge"),
)
CHARGE_POINT = "CP001"
ID_TOKEN = "VALID001"  # noqa: S105 - an id token is what a driver shows to a charger


def seed(settings: Settings) -> bool:
    """Make the demo tenants unless the database has tenants already; say whether it did."""
    with connect(settings.database_url, owner=True) as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtextextended('voltaro.seed', 0))")
        if connection.execute("select from core.tenants limit 1").fetchone() is not None:
            return False
        connection.execute(
            "select set_config('voltaro.demo_password', %s, true),"
            " set_config('voltaro.demo_charge_point_key', %s, true)",
            [settings.secrets.demo_password, settings.secrets.demo_charge_point_key],
        )
        run_file(connection, DEMO)
    return True


def describe_demo(settings: Settings) -> dict[str, Any]:
    """The `demo` part of `make info`."""
    return {
        "accounts": [
            {
                "email": account.email,
                "password": settings.secrets.demo_password,
                "role": account.role,
                "tenant": account.tenant,
            }
            for account in ACCOUNTS
        ],
        "charge_point": {"id": CHARGE_POINT, "key": settings.secrets.demo_charge_point_key},
        "id_token": ID_TOKEN,
    }

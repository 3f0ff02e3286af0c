"""Mint a JWT for a person: SQL makes and signs it, this only calls."""

from __future__ import annotations

import psycopg

from db.connection import connect
from db.exceptions import VoltaroError
from db.settings import Settings

__all__ = ["mint"]


def mint(settings: Settings, email: str, *, tenant: str | None = None) -> str:
    """Return an access token for the person with this e-mail, in a tenant of theirs.

    Without `tenant` (its slug) the database chooses one. Raises VoltaroError with the
    database's own sentence when there is no such person or membership.
    """
    with connect(settings.database_url, owner=True) as connection:
        try:
            row = connection.execute(
                "select access.issue_token(%s, %s) ->> 'access_token'", [email, tenant]
            ).fetchone()
        except psycopg.Error as error:
            raise VoltaroError(f"no token: {error.diag.message_primary}") from error
    if row is None:
        raise VoltaroError("no token: the database returned none")
    return str(row[0])

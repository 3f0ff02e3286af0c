"""What the choice of a tariff adds to the start of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from tests.bench.report import Figure
from tests.e2e.accounts import add_chargers, add_tenant
from tests.e2e.installation import Installation

__all__ = ["ASSIGNMENTS", "STARTS", "measure"]

ASSIGNMENTS = (20, 20_000)
"""Assignments of the tenant: the cost should not grow with them."""
STARTS = 2_000
_ROUNDS = 5


def measure() -> Iterator[Figure]:
    """Start sessions of tokens that have a tariff of their own; half a minute."""
    with Installation.running() as installation, installation.owner() as owner:
        for count in ASSIGNMENTS:
            _fill(owner, count)
        owner.execute("analyze")
        # By turns, so that whatever else the machine does hits all of them alike.
        rounds = [[_choice_us(owner, count) for count in ASSIGNMENTS] for _ in range(_ROUNDS)]
        best = [min(times) for times in zip(*rounds, strict=True)]
        for count, microseconds in zip(ASSIGNMENTS, best, strict=True):
            yield Figure(
                f"pricing.choice.{count}", microseconds, "us", ratio=microseconds / best[0]
            )


def _fill(owner: psycopg.Connection[tuple[Any, ...]], count: int) -> None:
    tenant_id = add_tenant(owner, f"bench-choice-{count}")
    add_chargers(owner, tenant_id, [f"CHOICE-{count}-{number}" for number in range(10)])
    owner.execute(
        """
        with tariff as (
            insert into core.tariffs (tenant_id, tariff_id, name)
            values (%(tenant_id)s, 'BENCH', 'Bench')
            returning tenant_id, id
        ),

        version as (
            insert into core.tariff_versions (
                tenant_id, tariff_id, version_no, ocpi_version, document, compiled, tariff_hash,
                currency, valid
            )
            select t.tenant_id, t.id, 1, '2.3.0', '{}', '{}', repeat('0', 64), 'EUR',
                '[2020-01-01Z,)'
            from tariff as t
        ),

        token as (
            insert into core.id_tokens (tenant_id, id_token)
            select %(tenant_id)s, 'CHOICE' || n from generate_series(1, %(count)s) as n
            returning tenant_id, id
        )

        insert into core.tariff_assignments (tenant_id, tariff_id, id_token_id)
        select t.tenant_id, t.id, k.id from tariff as t cross join token as k
        union all
        select t.tenant_id, t.id, null from tariff as t
        """,
        {"tenant_id": tenant_id, "count": count},
    )
    # Plans made for an empty table would be measured otherwise.
    owner.execute(
        """
        insert into core.sessions (
            tenant_id, charge_point_id, protocol, transaction_id, start_key, state, started_at,
            ended_at
        )
        select c.tenant_id, c.id, 'ocpp1.6', n::text, 'old ' || n, 'ended', now(), now()
        from core.charge_points as c
        cross join generate_series(1, 1000) as n
        where c.tenant_id = %s
        """,
        [tenant_id],
    )


def _choice_us(owner: psycopg.Connection[tuple[Any, ...]], count: int) -> float:
    """Microseconds that the trigger takes for one start; what it starts is rolled back."""
    with owner.transaction(force_rollback=True):
        row = owner.execute(
            """
            explain (analyze, format json)
            insert into core.sessions (
                tenant_id, charge_point_id, protocol, transaction_id, start_key, state,
                id_token_id, started_at
            )
            select c.tenant_id, c.id, 'ocpp1.6', 'new ' || n, 'new ' || n, 'active',
                (select min(k.id) from core.id_tokens as k where k.tenant_id = c.tenant_id)
                + n %% 20,
                now()
            from (
                select p.tenant_id, p.id
                from core.charge_points as p
                inner join core.tenants as t on t.id = p.tenant_id
                where t.slug = %(slug)s
                order by p.id
                limit 1
            ) as c
            cross join generate_series(1, %(starts)s) as n
            """,
            {"slug": f"bench-choice-{count}", "starts": STARTS},
        ).fetchone()
    assert row is not None
    times = {trigger["Trigger Name"]: trigger["Time"] for trigger in row[0][0]["Triggers"]}
    return float(times["sessions__choose_tariff"]) * 1000 / STARTS

"""What PostgreSQL knows about our objects: what exists, what depends on what, how to drop it.

Nothing here cascades: what depends on an object is looked up, dropped by name first, and
reported, so that its file can be run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from db.connection import Connection, execute_text
from db.exceptions import ApplyError
from db.source import Object

__all__ = ["Catalogue"]

_EXISTING: LiteralString = """
with ours as (
    select n.oid, n.nspname
    from pg_catalog.pg_namespace as n
    where n.nspowner = 'voltaro_owner'::regrole
)
select
    'function',
    o.nspname || '.' || p.proname || coalesce('(api.' || v.relname || ')', ''),
    null
from pg_catalog.pg_proc as p
join ours as o on o.oid = p.pronamespace
left join pg_catalog.pg_class as v
    on o.nspname = 'api' and p.pronargs = 1 and v.reltype = p.proargtypes[0]
        and v.relkind = 'v' and v.relnamespace = o.oid
union all
select 'view', o.nspname || '.' || c.relname, null
from pg_catalog.pg_class as c
join ours as o on o.oid = c.relnamespace
where c.relkind = 'v'
union all
select 'policy', p.polname, o.nspname || '.' || c.relname
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join ours as o on o.oid = c.relnamespace
union all
select 'trigger', t.tgname, o.nspname || '.' || c.relname
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join ours as o on o.oid = c.relnamespace
where not t.tgisinternal and t.tgparentid = 0
"""

# A view depends through its rule; what uses a view's row type depends on that type.
# A trigger of a partition goes with the parent's.
_DEPENDANTS: LiteralString = """
with target as (
    select %(classid)s::oid as classid, %(objid)s::oid as objid
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid
    from pg_catalog.pg_class as c
    join pg_catalog.pg_type as r on r.oid = c.reltype
    join pg_catalog.pg_type as t on t.oid in (r.oid, r.typarray)
    where c.oid = %(objid)s and %(classid)s = 'pg_catalog.pg_class'::regclass::oid
),
dependants as (
    select distinct
        case when r.oid is null then d.classid else 'pg_catalog.pg_class'::regclass::oid end
            as classid,
        coalesce(r.ev_class, d.objid) as objid
    from target as t
    join pg_catalog.pg_depend as d on d.refclassid = t.classid and d.refobjid = t.objid
    left join pg_catalog.pg_rewrite as r
        on d.classid = 'pg_catalog.pg_rewrite'::regclass and r.oid = d.objid
    where d.deptype in ('n', 'a')
)
select
    d.classid,
    d.objid,
    case
        when p.oid is not null then 'function'
        when c.relkind = 'v' then 'view'
        when y.oid is not null then 'policy'
        when g.oid is not null then 'trigger'
    end as kind,
    coalesce(
        p.pronamespace::regnamespace::text || '.' || p.proname
        || coalesce('(api.' || v.relname || ')', ''),
        c.relnamespace::regnamespace::text || '.' || c.relname,
        y.polname,
        g.tgname
    ) as name,
    o.relnamespace::regnamespace::text || '.' || o.relname as on_table,
    pg_catalog.pg_describe_object(d.classid, d.objid, 0) as description
from dependants as d
left join pg_catalog.pg_proc as p
    on d.classid = 'pg_catalog.pg_proc'::regclass and p.oid = d.objid
left join pg_catalog.pg_class as v
    on p.pronargs = 1 and v.reltype = p.proargtypes[0] and v.relkind = 'v'
        and v.relnamespace = to_regnamespace('api') and p.pronamespace = v.relnamespace
left join pg_catalog.pg_class as c
    on d.classid = 'pg_catalog.pg_class'::regclass and c.oid = d.objid
left join pg_catalog.pg_policy as y
    on d.classid = 'pg_catalog.pg_policy'::regclass and y.oid = d.objid
left join pg_catalog.pg_trigger as g
    on d.classid = 'pg_catalog.pg_trigger'::regclass and g.oid = d.objid
left join pg_catalog.pg_class as o on o.oid = coalesce(y.polrelid, g.tgrelid)
where not (d.classid = %(classid)s and d.objid = %(objid)s)
    and coalesce(g.tgparentid, 0) = 0
order by kind, name, d.objid
"""

_ADDRESSES: LiteralString = """
select 'pg_catalog.pg_proc'::regclass::oid, p.oid
from pg_catalog.pg_proc as p
where %(kind)s = 'function'
    and p.pronamespace = to_regnamespace(%(schema)s) and p.proname = %(name)s
    and (%(row)s = '' or p.pronargs = 1 and p.proargtypes[0]::regtype = to_regtype(%(row)s))
union all
select 'pg_catalog.pg_class'::regclass::oid, c.oid
from pg_catalog.pg_class as c
where %(kind)s = 'view' and c.relkind = 'v'
    and c.relnamespace = to_regnamespace(%(schema)s) and c.relname = %(name)s
order by 2
"""

# Everything that anybody but the owner was given on a relation, its columns or a function.
_REVOKES: LiteralString = """
select format(
    'revoke all on %%s %%s from %%s',
    case when o.kind = 'r' then 'table' when o.kind = 'S' then 'sequence' else 'routine' end,
    o.identity,
    case when a.grantee = 0 then 'public' else a.grantee::regrole::text end
)
from (
    select c.oid::regclass::text as identity, c.relowner as owner, c.relacl as acl,
        case when c.relkind = 'S' then 'S' else 'r' end as kind
    from pg_catalog.pg_class as c
    where c.relnamespace = to_regnamespace(%(schema)s) and c.relname = %(name)s
    union all
    select c.oid::regclass::text, c.relowner, t.attacl, 'r'
    from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as t on t.attrelid = c.oid and t.attacl is not null
    where c.relnamespace = to_regnamespace(%(schema)s) and c.relname = %(name)s
    union all
    select p.oid::regprocedure::text, p.proowner, p.proacl, 'f'
    from pg_catalog.pg_proc as p
    where p.pronamespace = to_regnamespace(%(schema)s) and p.proname = %(name)s
) as o
cross join lateral pg_catalog.aclexplode(o.acl) as a
where a.grantee <> o.owner
group by 1
"""

_COMMENTS: LiteralString = """
select case
    when d.objsubid > 0
        then format('comment on column %%s.%%I is null', d.objoid::regclass, t.attname)
    when d.classoid = 'pg_catalog.pg_class'::regclass
        then format('comment on view %%s is null', d.objoid::regclass)
    else format('comment on routine %%s is null', d.objoid::regprocedure)
end
from pg_catalog.pg_description as d
left join pg_catalog.pg_attribute as t on t.attrelid = d.objoid and t.attnum = d.objsubid
where d.classoid = %(classid)s and d.objoid = %(objid)s
"""

_DEFAULTS: LiteralString = """
select format('alter view %%s alter column %%I drop default', d.adrelid::regclass, t.attname)
from pg_catalog.pg_attrdef as d
join pg_catalog.pg_attribute as t on t.attrelid = d.adrelid and t.attnum = d.adnum
where d.adrelid = %(objid)s and %(classid)s = 'pg_catalog.pg_class'::regclass::oid
"""


_DROP: LiteralString = """
select format('drop routine %%s', p.oid::regprocedure)
from pg_catalog.pg_proc as p
where %(classid)s = 'pg_catalog.pg_proc'::regclass::oid and p.oid = %(objid)s
union all
select format('drop view %%s', c.oid::regclass)
from pg_catalog.pg_class as c
where %(classid)s = 'pg_catalog.pg_class'::regclass::oid and c.oid = %(objid)s
"""

_DROP_ON_TABLE: LiteralString = """
select format('drop policy %%I on %%s', p.polname, p.polrelid::regclass)
from pg_catalog.pg_policy as p
where %(kind)s = 'policy' and p.polname = %(name)s and p.polrelid = to_regclass(%(on)s)
union all
select format('drop trigger %%I on %%s', t.tgname, t.tgrelid::regclass)
from pg_catalog.pg_trigger as t
where %(kind)s = 'trigger' and t.tgname = %(name)s and t.tgrelid = to_regclass(%(on)s)
    and not t.tgisinternal and t.tgparentid = 0
"""


@dataclass(frozen=True, slots=True)
class Address:
    """A function or view by its place in the catalogue."""

    classid: int
    objid: int


class Catalogue:
    """The catalogue as one transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def existing(self) -> set[Object]:
        """All functions, views, policies and triggers in our schemas."""
        return {Object(*row) for row in self._connection.execute(_EXISTING)}

    def addresses(self, item: Object) -> list[Address]:
        """Where a function (several when overloaded) or view is; empty when it is not."""
        name, _, row = item.name.rstrip(")").partition("(")
        schema, _, local = name.partition(".")
        rows = self._connection.execute(
            _ADDRESSES, {"kind": item.kind, "schema": schema, "name": local, "row": row}
        )
        return [Address(*row) for row in rows]

    def drop(self, item: Object) -> list[Object]:
        """Drop an object by name, what depends on it first; return all that went.

        Raises ApplyError when state depends on it, or when it is in claims.
        """
        if item.on is not None:
            return self._drop_on_table(item)
        return [gone for address in self.addresses(item) for gone in self.drop_at(address, item)]

    def drop_at(self, address: Address, item: Object) -> list[Object]:
        """Drop one function or view by address, its dependants first; return all that went."""
        if item.name.startswith("claims."):
            raise ApplyError(
                f"{item} would have to be dropped, but what is in claims is frozen, because "
                "policies and state depend on it: keep its name, arguments and result"
            )
        gone: list[Object] = []
        for classid, objid, kind, name, on, description in self._connection.execute(
            _DEPENDANTS, {"classid": address.classid, "objid": address.objid}
        ).fetchall():
            if kind is None:
                raise ApplyError(
                    f"{item} would have to be dropped, but state depends on it: {description}; "
                    "a migration has to free it first"
                )
            dependant = Object(kind, name, on)
            if on is not None:
                gone += self._drop_on_table(dependant)
            else:
                gone += self.drop_at(Address(classid, objid), dependant)
        # An object that depends on this one twice over is gone already.
        for row in self._connection.execute(
            _DROP, {"classid": address.classid, "objid": address.objid}
        ).fetchall():
            execute_text(self._connection, row[0])
            gone.append(item)
        return gone

    def reset(self, item: Object) -> None:
        """Take back what `create or replace` would keep: comments, defaults of columns."""
        for address in self.addresses(item):
            parameters = {"classid": address.classid, "objid": address.objid}
            for query in (_COMMENTS, _DEFAULTS):
                for row in self._connection.execute(query, parameters).fetchall():
                    execute_text(self._connection, row[0])

    def revoke_grants(self, name: str) -> None:
        """Take back every privilege on a relation or function from all but its owner."""
        schema, _, local = name.partition(".")
        rows = self._connection.execute(_REVOKES, {"schema": schema, "name": local})
        for row in rows.fetchall():
            execute_text(self._connection, row[0])

    def _drop_on_table(self, item: Object) -> list[Object]:
        statement = self._connection.execute(
            _DROP_ON_TABLE, {"kind": item.kind, "name": item.name, "on": item.on}
        ).fetchone()
        if statement is None:
            return []
        execute_text(self._connection, statement[0])
        return [item]

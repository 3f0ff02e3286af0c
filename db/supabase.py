"""supabase/migrations, generated from db/: the same database through Supabase's own CLI.

The CLI (`supabase db push`) connects as `postgres` and runs each file once, by its version. The
order is that of `migrate`: roles.sql, the migrations, the code, then what `migrate` does at the
end. Versions come from the numbers of the migrations, so two runs write the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yoyo
from yoyo.migrations import topological_sort

from db.apply import CODE
from db.connection import OWNER
from db.exceptions import SourceError
from db.migrate import MIGRATIONS, ROLES
from db.settings import ROOT
from db.source import SourceFile, order, read_directory

__all__ = ["PG_CRON", "TARGET", "differences", "generate", "main", "write"]

TARGET = ROOT / "supabase" / "migrations"

_DAY = "20260101"
"""First half of every version. A version is read as a time, so the second half is one too."""
_CODE_TIME = "230000"

_MIGRATION_ID = re.compile(r"(?P<number>\d{4})-(?P<name>[a-z0-9-]+)")

PG_CRON = """\
do $$
begin
    if exists (
        select from pg_catalog.pg_proc as p
        where p.pronamespace = to_regnamespace('cron') and p.proname = 'schedule'
    ) then
        execute $cron$
            select
                cron.schedule(
                    'voltaro', '10 seconds',
                    $job$
                        do $run$
                        begin
                            loop
                                perform jobs.run_due('pg_cron');
                                exit when not found;
                                commit;
                            end loop;
                        end;
                        $run$
                    $job$
                ),
                cron.schedule(
                    'voltaro_forget_runs', '17 * * * *',
                    $job$
                        delete from cron.job_run_details
                        where end_time < now() - interval '1 day'
                    $job$
                )
        $cron$;
    end if;
    -- Those by the calendar; nothing without pg_cron.
    perform jobs.schedule_in_pg_cron();
end;
$$;
"""
"""Has pg_cron run the jobs, where the project has switched that extension on.

jobs.run_due runs one job a call, each in a transaction of its own. pg_cron notes every run for
ever; what is older than a day is forgotten.
"""

_BEFORE_CODE = """\
-- A body may mention what a later file defines; names are qualified and need no path.
set check_function_bodies = off;
set search_path = pg_catalog, pg_temp;
"""

_AFTER_CODE = """\
reset search_path;
reset check_function_bodies;

-- Partitions for the first days; from then on the jobs make them.
select jobs.maintain_partitions();

-- The pepper that charge points' keys are hashed with: made here, once, and known to nobody.
-- The JWT secret is the project's and cannot be made here: see supabase/README.md.
insert into ops.secrets (name, value)
values ('charge_point_key_pepper', encode(extensions.gen_random_bytes(32), 'hex'))
on conflict (name) do nothing;
"""

_AFTER_OWNER = """\
-- PostgREST alone does not ask for exp, aud, iss and an active user: this function does, before
-- each request. Supabase's PostgREST reads the setting from the role it logs in as.
alter role authenticator set pgrst.db_pre_request = 'claims.check_request';

{pg_cron}
notify pgrst, 'reload config';
notify pgrst, 'reload schema';
"""


def generate(
    *, roles: Path = ROLES, migrations: Path = MIGRATIONS, code: Path = CODE
) -> dict[str, str]:
    """Return the text of each file of supabase/migrations, by name.

    Raises SourceError when a source cannot be expressed there.
    """
    return {
        f"{_DAY}000000_roles.sql": _header("db/roles.sql") + roles.read_text(),
        **dict(_state(migrations)),
        f"{_DAY}{_CODE_TIME}_code.sql": _code(read_directory(code)),
    }


def write(target: Path = TARGET) -> list[str]:
    """Make `target` hold what `generate` returns; return its differences before."""
    changed = differences(target)
    target.mkdir(parents=True, exist_ok=True)
    wanted = generate()
    for path in target.glob("*.sql"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (target / name).write_text(text)
    return changed


def differences(target: Path = TARGET) -> list[str]:
    """Return one line per file of `target` that is not what `generate` returns."""
    wanted = generate()
    present = {path.name: path.read_text() for path in target.glob("*.sql")}
    return [
        f"{name} is missing"
        if name not in present
        else f"{name} has no source"
        if name not in wanted
        else f"{name} differs from its source"
        for name in sorted(wanted.keys() | present.keys())
        if wanted.get(name) != present.get(name)
    ]


def main(arguments: Sequence[str]) -> None:
    """`python -m db supabase`: write the files; with --check only say whether they are stale.

    Raises SourceError with the list of stale files.
    """
    parser = argparse.ArgumentParser(prog="python -m db supabase")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    if parser.parse_args(arguments).check:
        stale = differences()
        if stale:
            listed = "\n".join(f"  {line}" for line in stale)
            raise SourceError(
                f"supabase/migrations is not what db/ says: run `make supabase`\n{listed}"
            )
        print("supabase/migrations is what db/ says")
        return
    stale = write()
    print(f"wrote supabase/migrations: {len(stale)} files were stale")


def _state(directory: Path) -> Iterator[tuple[str, str]]:
    last = 0
    for migration in topological_sort(yoyo.read_migrations(str(directory))):
        path = Path(migration.path)
        match = _MIGRATION_ID.fullmatch(migration.id)
        if match is None or int(match["number"]) <= last:
            raise SourceError(
                f"db/migrations/{path.name}: call it NNNN-name.sql, with a number higher than "
                "those of the migrations it depends on: Supabase runs them by number"
            )
        migration.load()
        if not migration.use_transactions:
            raise SourceError(
                f"db/migrations/{path.name}: `transactional: false` has no counterpart on Supabase"
            )
        last = int(match["number"])
        version = f"{_DAY}{last // 3600:02}{last // 60 % 60:02}{last % 60:02}"
        name = match["name"].replace("-", "_")
        text = _header(f"db/migrations/{path.name}") + _as_owner(path.read_text())
        yield f"{version}_{name}.sql", text


def _code(files: Mapping[str, SourceFile]) -> str:
    ordered = [files[path] for path in order(files)]
    parts = [
        _BEFORE_CODE,
        *(f"-- db/code/{file.path} {'-' * 40}\n\n{file.text}" for file in ordered),
        _register(ordered),
        _AFTER_CODE,
    ]
    after = _AFTER_OWNER.format(pg_cron=PG_CRON)
    return _header("db/code") + _as_owner("\n".join(parts)) + "\n" + after


def _register(files: list[SourceFile]) -> str:
    """What `python -m db apply` would have noted, so that it may take over from here."""
    rows = [
        f"    ({_quoted(file.path)}, {_quoted(file.checksum)},\n    {_quoted(_objects(file))})"
        for file in sorted(files, key=lambda file: file.path)
    ]
    if not rows:
        return ""
    return (
        "insert into ops.applied_code (path, checksum, objects) values\n"
        + ",\n".join(rows)
        + "\non conflict (path) do update\n"
        "set checksum = excluded.checksum, objects = excluded.objects, applied_at = now();\n"
    )


def _objects(file: SourceFile) -> str:
    return json.dumps(sorted(str(item) for item in file.objects))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _header(source: str) -> str:
    return f"-- Generated from {source} by `make supabase`. Change the source, not this file.\n\n"


def _as_owner(text: str) -> str:
    """Wrap statements so that what they make belongs to the owner: the CLI is `postgres`."""
    return f"set role {OWNER};\n\n{text.rstrip()}\n\nreset role;\n"

"""Exports: the jobs runner writes files and serves each once; as a process, on a database."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from db.connection import connect
from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People
from tests.support.processes import (
    RunningPart,
    free_port,
    running_jobs,
    running_postgrest,
    wait_until,
)

Owner = psycopg.Connection[tuple[Any, ...]]
RANGE = {"from": "2000-01-01T00:00:00Z", "to": "2000-02-01T00:00:00Z"}
"""A month of the personas' past, in which a test puts what it exports."""


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner."""
    with connect(database.owner_url, owner=True) as connection:
        yield connection


@pytest.fixture
def people(postgrest: RunningPart) -> Iterator[People]:
    """Everybody, as clients of the API."""
    with People(postgrest.url) as clients:
        yield clients


@contextlib.contextmanager
def runner(
    database: Database, home: Path, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A jobs runner with its files in `home`."""
    log = home / "jobs.log"
    with running_jobs(database.settings, home, log=log, **environment) as process:
        yield process, log


def make_sessions(database: Database, *, per_tenant: int) -> None:
    """Ended sessions in the range, of both tenants, with texts that a CSV has to quote."""
    with connect(database.superuser_url) as superuser:
        # Nothing is to be priced here, and so many rows are made faster without triggers.
        superuser.execute("set session_replication_role = replica")
        superuser.execute(
            "insert into core.sessions (tenant_id, id, charge_point_id, protocol, transaction_id,"
            " start_key, state, id_token, authorization_status, started_at, start_received_at,"
            " ended_at, stop_received_at, meter_start_wh, meter_stop_wh, energy_wh, stop_reason)"
            " overriding system value"
            " select s.tenant_id, s.id * 1000000 + n, s.charge_point_id, 'ocpp1.6', 'x' || n,"
            " 'x' || n, 'ended',"
            " E'say \"hi\", you\\nand I', 'Accepted', moment, moment,"
            " moment + interval '1 hour', moment + interval '1 hour', n, n + 1000.5, 1000.5, ''"
            " from core.sessions as s, generate_series(1, %s) as n,"
            " lateral (select timestamptz '2000-01-01 00:00:00.25+00' + n * interval '1 second')"
            " as m (moment)"
            " where s.id in (1001, 2001)",
            [per_tenant],
        )
        superuser.execute("analyze core.sessions")


def ask(people: People, name: str = "charging_sessions", **arguments: str) -> int:
    """Ask for an export; returns its number."""
    answer = people["greenway.operator"].post(
        "/rpc/create_export", json={"list": name, **RANGE, **arguments}
    )
    assert answer.status_code == 200, answer.text
    (export,) = answer.json()
    assert (export["state"], export["list"]) == ("waiting", name)
    return int(export["id"])


def state_of(people: People, export_id: int) -> dict[str, Any]:
    """The export as the API shows it."""
    (export,) = people["greenway.support"].get(f"/exports?id=eq.{export_id}").json()
    return dict(export)


def await_state(people: People, export_id: int, *states: str, log: Path) -> dict[str, Any]:
    """Wait until the export is in one of these states, and show it."""
    try:
        wait_until(lambda: state_of(people, export_id)["state"] in states, what="the export")
    except TimeoutError:
        pytest.fail(f"{state_of(people, export_id)}\n{log.read_text()[-2000:]}")
    return state_of(people, export_id)


def link_of(people: People, export_id: int) -> dict[str, Any]:
    """Make the address of a file."""
    answer = people["greenway.operator"].post("/rpc/create_export_link", json={"export": export_id})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def fetch(url: str) -> httpx.Response:
    """GET as a browser would, without a token of the API."""
    with httpx.Client(timeout=20, trust_env=False) as client:
        return client.get(url)


def rows_of(text: str) -> list[list[str]]:
    """A CSV file as lists of texts."""
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_file_holds_what_the_api_shows_and_is_fetched_once(
    database: Database, people: People, tmp_path: Path
) -> None:
    """The tenant's rows and no other's, figure by figure as PostgREST writes them."""
    make_sessions(database, per_tenant=700)
    with runner(database, tmp_path) as (_, log):
        export_id = ask(people)
        export = await_state(people, export_id, "ready", "failed", log=log)
        assert (export["state"], export["row_count"], export["problem"]) == ("ready", 700, None)
        link = link_of(people, export_id)
        with httpx.Client(trust_env=False) as client:
            # A look at it first does not use it up.
            assert client.head(link["url"]).status_code == 405
        answer = fetch(link["url"])
        assert answer.status_code == 200, log.read_text()
        again = fetch(link["url"])
        assert (again.status_code, again.headers["cache-control"]) == (404, "no-store")
        # A second link for a second look; the third ends it before it was used.
        second, third = link_of(people, export_id)["url"], link_of(people, export_id)["url"]
        assert fetch(second).status_code == 404
        assert fetch(third).content == answer.content
    assert answer.headers["content-type"].startswith("text/csv")
    assert link["file_name"] == f"charging_sessions-20000101-20000201-{export_id}.csv"
    assert link["file_name"] in answer.headers["content-disposition"]
    assert hashlib.sha256(answer.content).hexdigest() == link["sha256"]
    assert len(answer.content) == link["size_bytes"]

    shown = people["greenway.operator"].get(
        "/charging_sessions?started_at=lt.2000-02-01&order=started_at,id",
        headers={"Accept": "text/csv"},
    )
    ours = rows_of(answer.text)
    assert len(ours) == 701
    assert {row[0] for row in ours[1:]} == {"101"}
    assert ours == rows_of(shown.text)
    # Nobody reads a token in a log, not even a used one.
    assert "vx_" not in log.read_text()
    assert (tmp_path / "exports").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("transactions", "rating_version.nullslast,ended_at,id"),
        ("transaction_lines", "ended_at,transaction_id,line_no"),
        ("meter_values", "charge_point_id,evse_no,sampled_at"),
    ],
)
def test_every_list_is_what_the_api_shows(
    database: Database, owner: Owner, people: People, tmp_path: Path, name: str, order: str
) -> None:
    """Of the personas, priced and held ones: the same rows and figures, in the same columns."""
    # Nothing is priced meanwhile.
    owner.execute("update ops.job_schedules set is_enabled = false")
    # One that never had a price.
    owner.execute("update core.transactions set rating_version = null where id = 1002")
    day = timedelta(days=1)
    with runner(database, tmp_path) as (_, log):
        export_id = ask(
            people,
            name,
            **{
                "from": (datetime.now(UTC) - 30 * day).isoformat(),
                "to": (datetime.now(UTC) + day).isoformat(),
            },
        )
        export = await_state(people, export_id, "ready", "failed", log=log)
        assert export["state"] == "ready", export
        ours = rows_of(fetch(link_of(people, export_id)["url"]).text)
    shown = people["greenway.operator"].get(
        f"/{name}?order={order}", headers={"Accept": "text/csv"}
    )
    assert shown.status_code == 200, shown.text
    assert len(ours) > 1
    # PostgREST doubles backslashes.
    assert ours == [[text.replace("\\\\", "\\") for text in row] for row in rows_of(shown.text)]


def test_moments_are_in_utc_wherever_the_server_is(database: Database, tmp_path: Path) -> None:
    """A server of one's own may have the zone and the dates of its country."""
    make_sessions(database, per_tenant=1)
    with connect(database.superuser_url) as superuser:
        superuser.execute(
            "do $$ begin"
            " execute format('alter database %I set timezone = %L', current_database(),"
            " 'Europe/Berlin');"
            " execute format('alter database %I set datestyle = %L', current_database(), 'German');"
            " end; $$"
        )
    with (
        running_postgrest(database.settings, tmp_path) as part,
        People(part.url) as people,
        runner(database, tmp_path) as (_, log),
    ):
        export_id = ask(people)
        await_state(people, export_id, "ready", "failed", log=log)
        shown = people["greenway.operator"].get(
            "/charging_sessions?started_at=lt.2000-02-01&select=started_at",
            headers={"Accept": "text/csv"},
        )
        assert rows_of(shown.text) == [["started_at"], ["2000-01-01 00:00:01.25+00"]]
        assert "2000-01-01 00:00:01.25+00" in fetch(link_of(people, export_id)["url"]).text


def test_of_many_who_come_with_a_link_one_gets_the_file(
    database: Database, people: People, tmp_path: Path
) -> None:
    with runner(database, tmp_path) as (_, log):
        export_id = ask(people, "meter_values")
        await_state(people, export_id, "ready", log=log)
        url = link_of(people, export_id)["url"]
        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(answer.status_code for answer in pool.map(fetch, [url] * 8))
        assert statuses == [200] + [404] * 7
        base = url.rpartition("/exports/")[0]
        for path in ("/", "/exports/", "/exports/vx_x", f"/exports/vx_{'x' * 43}", "/exports/../x"):
            assert fetch(base + path).status_code == 404
        assert fetch(f"{base}/health").text == "ok\n"
        # A part would use the link up: whoever asks for one gets the whole file.
        for part in ("bytes=0-3", "bytes=1000000-", "bytes=x"):
            url = link_of(people, export_id)["url"]
            with httpx.Client(trust_env=False) as client:
                answer = client.get(url, headers={"Range": part})
            assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "none"), part
            assert len(answer.content) == link_of(people, export_id)["size_bytes"]
        # Where the file is gone the link is not used up.
        url = link_of(people, export_id)["url"]
        (file,) = (tmp_path / "exports").iterdir()
        content = file.read_bytes()
        file.unlink()
        assert fetch(url).status_code == 404
        file.write_bytes(content)
        assert fetch(url).content == content


def test_an_export_of_a_killed_runner_is_written_by_the_next(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    """SIGKILL while the rows are read: nothing half-written is ever served."""
    make_sessions(database, per_tenant=10)
    with runner(database, tmp_path) as (process, log), connect(database.superuser_url) as blocker:
        export_id = ask(people)
        # From the first row on: the runner has taken the export and waits within its COPY.
        with blocker.transaction():
            blocker.execute("lock table core.sessions in access exclusive mode")
            wait_until(
                lambda: bool(
                    blocker.execute(
                        "select from pg_locks as l join pg_stat_activity as a using (pid)"
                        " where not l.granted and a.usename = 'jobs' and a.query like 'copy %'"
                    ).fetchall()
                ),
                what="a COPY that waits",
            )
            # Nobody waits for it meanwhile.
            early = people["greenway.operator"].post(
                "/rpc/create_export_link", json={"export": export_id}, timeout=3
            )
            assert (early.status_code, key_of(early)) == (409, "export_not_ready")
            assert state_of(people, export_id)["state"] == "running"
            process.send_signal(signal.SIGKILL)
            process.wait()
        (left,) = (tmp_path / "exports").iterdir()
        assert left.name == f"101-{export_id}-1.part"
        assert state_of(people, export_id)["state"] == "running"
    old = time.time() - 4000
    os.utime(left, (old, old))
    owner.execute("update core.exports set next_attempt_at = now() where state = 'running'")
    with runner(database, tmp_path) as (_, log):
        export = await_state(people, export_id, "ready", "failed", log=log)
        assert (export["state"], export["attempts"], export["row_count"]) == ("ready", 2, 10)
        assert len(rows_of(fetch(link_of(people, export_id)["url"]).text)) == 11
    # What the dead one left is deleted, for it is old; the new file is there.
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [f"101-{export_id}-2.csv"]


def test_what_cannot_be_written_is_tried_again_and_given_up(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    (tmp_path / "exports").write_text("a file where the folder should be")
    with runner(database, tmp_path) as (_, log):
        export_id = ask(people)
        for attempt in (1, 2, 3):
            wait_until(
                lambda: (
                    state_of(people, export_id)["problem"] is not None
                    and state_of(people, export_id)["state"] != "running"
                ),
                what=f"failure {attempt}",
            )
            export = state_of(people, export_id)
            assert (export["attempts"], "exists" in export["problem"]) == (attempt, True)
            assert export["state"] == ("waiting" if attempt < 3 else "failed"), log.read_text()
            owner.execute(
                "update core.exports set next_attempt_at = now(), problem = null"
                " where id = %s and state = 'waiting'",
                [export_id],
            )
    refused = people["greenway.operator"].post(
        "/rpc/create_export_link", json={"export": export_id}
    )
    assert refused.status_code == 409, refused.text


def test_a_disk_that_is_full_half_way_is_tried_again_and_nothing_stays(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    """A limit on the size of files stands for the disk: writing fails in the middle of COPY."""
    make_sessions(database, per_tenant=5_000)
    with runner(database, tmp_path) as (process, log):
        wait_until(lambda: "connected as exporter" in log.read_text(), what="an exporter")
        psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (500_000, -1))
        export_id = ask(people)
        wait_until(lambda: bool(state_of(people, export_id)["problem"]), what="a failure")
        export = state_of(people, export_id)
        assert (export["state"], "too large" in export["problem"]) == ("waiting", True), export
        assert list((tmp_path / "exports").iterdir()) == []
        psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (-1, -1))
        owner.execute("update core.exports set next_attempt_at = now() where id = %s", [export_id])
        export = await_state(people, export_id, "ready", "failed", log=log)
        assert (export["state"], export["row_count"]) == ("ready", 5_000), log.read_text()


def test_whoever_lost_the_right_gets_no_file(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    export_id = ask(people)
    owner.execute(
        "delete from core.role_permissions as p using core.roles as r"
        " where r.tenant_id = p.tenant_id and r.id = p.role_id and r.name = 'operator'"
        " and p.permission = 'exports.write'"
    )
    with runner(database, tmp_path) as (_, log):
        export = await_state(people, export_id, "ready", "failed", log=log)
    assert export["state"] == "failed"
    assert "may no longer" in export["problem"]
    assert not (tmp_path / "exports").exists()


def test_a_link_ends_with_the_right_of_whoever_made_it(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    with runner(database, tmp_path) as (_, log):
        export_id = ask(people, "meter_values")
        await_state(people, export_id, "ready", log=log)
        url = link_of(people, export_id)["url"]
        membership = (
            "update core.memberships as m set is_active = %s from tests.personas as p"
            " where p.name = 'greenway.operator' and m.user_id = p.user_id"
        )
        owner.execute(membership, [False])
        assert fetch(url).status_code == 404
        owner.execute(membership, [True])
        assert fetch(url).status_code == 200


def test_an_expired_file_is_deleted_and_a_needed_one_stays(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    with runner(database, tmp_path) as (_, log):
        over, needed = ask(people), ask(people)
        for export_id in (over, needed):
            await_state(people, export_id, "ready", log=log)
    owner.execute("update core.exports set expires_at = now() where id = %s", [over])
    assert state_of(people, over)["state"] == "expired"
    answer = people["greenway.operator"].post("/rpc/create_export_link", json={"export": over})
    assert answer.status_code == 410
    old = time.time() - 4000
    for path in (tmp_path / "exports").iterdir():
        os.utime(path, (old, old))
    (tmp_path / "exports" / "notes.txt").write_text("not ours")
    os.utime(tmp_path / "exports" / "notes.txt", (old, old))
    # What cannot be deleted stops nothing.
    stuck = tmp_path / "exports" / "101-9999-1.csv"
    (stuck / "inside").mkdir(parents=True)
    os.utime(stuck, (old, old))
    with runner(database, tmp_path) as (_, log):
        wait_until(lambda: "deleted 1" in log.read_text(), what="a sweep")
        new = ask(people)
        await_state(people, new, "ready", log=log)
    assert f"{stuck.name} cannot be deleted" in log.read_text()
    assert {path.name for path in (tmp_path / "exports").iterdir()} == {
        f"101-{needed}-1.csv",
        f"101-{new}-1.csv",
        stuck.name,
        "notes.txt",
    }


def test_a_large_export_needs_no_memory_and_no_temporary_files(
    database: Database, owner: Owner, people: People, tmp_path: Path
) -> None:
    """200,000 rows, 90 MB: neither Python nor PostgreSQL keeps them."""
    with runner(database, tmp_path) as (process, log):
        await_state(people, ask(people), "ready", log=log)
        before = psutil.Process(process.pid).memory_info().rss
        make_sessions(database, per_tenant=200_000)
        (temporary,) = _temporary_bytes(owner)
        export_id = ask(people)
        most = before
        while (export := state_of(people, export_id))["state"] in ("waiting", "running"):
            most = max(most, psutil.Process(process.pid).memory_info().rss)
            time.sleep(0.02)
        assert (export["state"], export["row_count"]) == ("ready", 200_000), log.read_text()
    assert export["size_bytes"] > 40_000_000
    assert most - before < 20_000_000
    assert _temporary_bytes(owner) == (temporary,)


def _temporary_bytes(owner: Owner) -> tuple[int]:
    """Bytes that this database has ever put into temporary files."""
    row = owner.execute(
        "select temp_bytes from pg_stat_database where datname = current_database()"
    ).fetchone()
    assert row is not None
    return (int(row[0]),)


def test_a_port_that_is_none_is_refused(database: Database, tmp_path: Path) -> None:
    with runner(database, tmp_path, VOLTARO_FILES_PORT="many") as (process, log):
        assert process.wait(20) == 2
        assert "VOLTARO_FILES_PORT must be a number" in log.read_text()


def test_jobs_go_on_while_the_file_server_cannot_listen(
    database: Database, people: People, tmp_path: Path
) -> None:
    """Somebody else has its port for a while: it listens when that is free again."""
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as taken:
        environment = {"VOLTARO_FILES_PORT": str(port), "VOLTARO_FILES_HOST": "127.0.0.1"}
        with runner(database, tmp_path, **environment) as (process, log):
            export_id = ask(people, "meter_values")
            await_state(people, export_id, "ready", log=log)
            assert "the file server cannot listen on" in log.read_text()
            assert "connected as runner" in log.read_text()
            url = link_of(people, export_id)["url"]
            assert f":{port}/" in url
            taken.close()

            def is_served() -> bool:
                try:
                    return fetch(url).status_code == 200
                except httpx.TransportError:
                    return False

            wait_until(is_served, what="the file")
            assert process.poll() is None


def test_connections_that_ask_for_nothing_do_not_keep_the_others_out(
    database: Database, people: People, tmp_path: Path
) -> None:
    with runner(database, tmp_path) as (_, log):
        export_id = ask(people, "meter_values")
        await_state(people, export_id, "ready", log=log)
        url = link_of(people, export_id)["url"]
        base = url.rpartition("/exports/")[0]
        port = int(base.rpartition(":")[2])
        with contextlib.ExitStack() as stack:
            for number in range(70):
                idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                # Half of a request is none.
                if number % 2:
                    idle.sendall(b"GET /health HTTP/1.1\r\n")
            wait_until(lambda: fetch(f"{base}/health").status_code == 503, what="a full server")
            wait_until(lambda: fetch(f"{base}/health").status_code == 200, what="a free server")
            assert fetch(url).status_code == 200

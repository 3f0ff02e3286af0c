"""Exit with 0 when the jobs runner beside us works: its connection has just asked for jobs."""

from __future__ import annotations

import os
import sys

import psycopg

# The runner asks every second; one that cannot connect has no row here, one that hangs an old
# one. A login sees its own sessions; the address tells this container's from another's.
_QUERY = """
select
from pg_catalog.pg_stat_activity as a
where
    a.usename = session_user
    and a.application_name = 'voltaro jobs'
    and a.client_addr is not distinct from inet_client_addr()
    and (a.state = 'active' or a.state_change > clock_timestamp() - interval '30 seconds')
"""


def main() -> int:
    """Look once; returns the exit status."""
    try:
        with psycopg.connect(
            os.environ.get("VOLTARO_JOBS_DATABASE_URL", ""), autocommit=True, connect_timeout=5
        ) as connection:
            if connection.execute(_QUERY).fetchone() is not None:
                return 0
        print("no runner asks for jobs", file=sys.stderr)
    except psycopg.Error as error:
        print(str(error).strip().splitlines()[0], file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

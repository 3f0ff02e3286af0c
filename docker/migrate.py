"""What the one-shot service `migrate` does: the database, the demo tenants, PostgREST's keys.

Every step is repeatable: it runs again at each `docker compose up`. Exit status 0 when all is
done; one line on standard error says what is in the way.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from db.exceptions import SettingsError, VoltaroError
from db.migrate import migrate
from db.parts import write_jwks
from db.seed import seed
from db.settings import Settings

KEYS = "/run/voltaro/jwks.json"
"""Where the service `api` looks for its keys."""


def main() -> int:
    """Do it all; returns the exit status."""
    try:
        settings = Settings.from_environment()
        if settings.external_url is None:
            raise SettingsError("DATABASE_URL is empty: which database is it?")
        result = migrate(settings)
        print(f"migrated: {len(result.migrations)} migrations, {len(result.code.ran)} code files")
        if settings.seeds_demo and seed(settings):
            print("made the demo tenants")
        keys = write_jwks(settings, Path(os.environ.get("VOLTARO_KEYS") or KEYS))
        print(f"wrote {keys}")
    except VoltaroError as error:
        print(f"voltaro: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())

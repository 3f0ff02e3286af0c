"""tests/api/test_remote_commands.py on the database that Supabase's CLI made."""

from tests.api.test_remote_commands import *  # noqa: F403 - its tests and its fixtures

"""tests/api/test_charging_sessions.py on the database that Supabase's CLI made."""

from tests.api.test_charging_sessions import *  # noqa: F403 - its tests and its fixtures

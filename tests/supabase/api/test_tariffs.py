"""tests/api/test_tariffs.py on the database that Supabase's CLI made."""

from tests.api.test_tariffs import *  # noqa: F403 - its tests and its fixtures

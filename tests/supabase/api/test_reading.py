"""tests/api/test_reading.py on the database that Supabase's CLI made."""

from tests.api.test_reading import *  # noqa: F403 - its tests and its fixtures

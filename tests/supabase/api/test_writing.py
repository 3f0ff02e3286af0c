"""tests/api/test_writing.py on the database that Supabase's CLI made."""

from tests.api.test_writing import *  # noqa: F403 - its tests and its fixtures

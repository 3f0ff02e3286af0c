"""tests/api/test_bad_input.py on the database that Supabase's CLI made."""

from tests.api.test_bad_input import *  # noqa: F403 - its tests and its fixtures

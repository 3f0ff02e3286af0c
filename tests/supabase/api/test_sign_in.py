"""tests/api/test_sign_in.py on the database that Supabase's CLI made."""

from tests.api.test_sign_in import *  # noqa: F403 - its tests and its fixtures

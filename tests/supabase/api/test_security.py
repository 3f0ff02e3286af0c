"""tests/api/test_security.py on the database that Supabase's CLI made."""

from tests.api.test_security import *  # noqa: F403 - its tests and its fixtures

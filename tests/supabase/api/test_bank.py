"""tests/api/test_bank.py on the database that Supabase's CLI made."""

from tests.api.test_bank import *  # noqa: F403 - its tests and its fixtures

"""tests/api/test_transactions.py on the database that Supabase's CLI made."""

from tests.api.test_transactions import *  # noqa: F403 - its tests and its fixtures

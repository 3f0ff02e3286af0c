"""tests/api/test_ledger.py on the database that Supabase's CLI made."""

from tests.api.test_ledger import *  # noqa: F403 - its tests and its fixtures

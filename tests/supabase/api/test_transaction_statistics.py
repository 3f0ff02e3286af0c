"""tests/api/test_transaction_statistics.py on the database that Supabase's CLI made."""

from tests.api.test_transaction_statistics import *  # noqa: F403 - its tests and its fixtures

"""tests/api/test_transfers.py on the database that Supabase's CLI made."""

from tests.api.test_transfers import *  # noqa: F403 - its tests and its fixtures

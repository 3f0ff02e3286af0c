"""tests/api/test_payments.py on the database that Supabase's CLI made."""

from tests.api.test_payments import *  # noqa: F403 - its tests and its fixtures

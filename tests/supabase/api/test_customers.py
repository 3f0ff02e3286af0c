"""tests/api/test_customers.py on the database that Supabase's CLI made."""

from tests.api.test_customers import *  # noqa: F403 - its tests and its fixtures

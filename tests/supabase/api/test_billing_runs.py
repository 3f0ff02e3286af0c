"""tests/api/test_billing_runs.py on the database that Supabase's CLI made."""

from tests.api.test_billing_runs import *  # noqa: F403 - its tests and its fixtures

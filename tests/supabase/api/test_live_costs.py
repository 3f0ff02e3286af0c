"""tests/api/test_live_costs.py on the database that Supabase's CLI made."""

from tests.api.test_live_costs import *  # noqa: F403 - its tests and its fixtures

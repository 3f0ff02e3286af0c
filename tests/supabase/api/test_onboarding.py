"""tests/api/test_onboarding.py on the database that Supabase's CLI made."""

from tests.api.test_onboarding import *  # noqa: F403 - its tests and its fixtures

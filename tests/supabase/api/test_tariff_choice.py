"""tests/api/test_tariff_choice.py on the database that Supabase's CLI made."""

from tests.api.test_tariff_choice import *  # noqa: F403 - its tests and its fixtures

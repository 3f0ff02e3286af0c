"""tests/api/test_device_data.py on the database that Supabase's CLI made."""

from tests.api.test_device_data import *  # noqa: F403 - its tests and its fixtures

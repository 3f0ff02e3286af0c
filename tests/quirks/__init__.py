"""What real chargers do, against bridge and database: a test for each row of rows.py."""

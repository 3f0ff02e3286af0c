"""Whole runs: a charger's socket at one end, the database or the API at the other."""

"""Faults of every kind while chargers are at work, and what must hold all the same."""

"""The frozen model of a scenario, and what is checked and derived of it."""

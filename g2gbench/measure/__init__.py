"""Measurements from a session's journal: ledger, metrics, validity; pure functions of records."""

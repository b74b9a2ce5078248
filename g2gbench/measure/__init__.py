"""What a session's journal says: ledger, metrics, validity; pure functions of stored records."""

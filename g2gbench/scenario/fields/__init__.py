"""What a scenario's fields take: quantities, choices, expectations."""

"""Fields of a scenario: quantities, choices, expectations."""

"""Networks in scenarios: links, profiles, traces."""

"""A page that a person opens in their own browser: it is the measured client, and shows it."""

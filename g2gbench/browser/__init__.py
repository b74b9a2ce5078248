"""A page in a headless Chromium as the measured client: what users of a browser get."""

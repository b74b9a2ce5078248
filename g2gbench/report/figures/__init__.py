"""Every figure of a report: one module each, drawn at the width that it is shown at."""

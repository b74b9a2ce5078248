"""From trials to a verdict: intervals over trials, expectations, statuses, the summary."""

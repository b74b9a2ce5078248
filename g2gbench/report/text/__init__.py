"""Sentences and numbers of reports."""

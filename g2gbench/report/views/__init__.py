"""Views: the content of each part of a report, in no form yet."""

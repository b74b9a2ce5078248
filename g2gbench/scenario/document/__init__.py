"""YAML documents with the places of their values."""

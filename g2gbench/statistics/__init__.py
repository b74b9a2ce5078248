"""Statistical methods, each module named by its own: numbers in, estimates out."""

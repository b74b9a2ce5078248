"""``python -m g2gbench`` is the command ``g2gbench``."""

from __future__ import annotations

import sys

FAULT = 5  # as in g2gbench.errors, which is not imported before it is known to load


def main() -> None:
    """The command; where what reads the command line cannot be loaded, a line that says so."""
    try:
        from g2gbench.cli import main as command
    except ImportError as error:
        sys.stderr.write(f"error: {error}: pip install --force-reinstall g2gbench mends that\n")
        sys.exit(FAULT)
    command()


if __name__ == "__main__":
    main()

"""``python -m g2gbench`` is the command ``g2gbench``."""

from g2gbench.cli import main

main()

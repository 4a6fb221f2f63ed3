"""``python -m lifting``."""

from lifting.cli import main

main()

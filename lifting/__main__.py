"""``python -m lifting``."""

from lifting.cli.training import main

main()

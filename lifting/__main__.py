"""``python -m lifting``."""

from lifting.cli.main import main

main()

"""Alias of ``lifting prepare npz``."""

from lifting.cli.main import main

main("prepare", "npz")

"""Alias of ``lifting prepare lsp``."""

from lifting.cli.main import main

main("prepare", "lsp")

"""Plain torch networks, one family per file."""

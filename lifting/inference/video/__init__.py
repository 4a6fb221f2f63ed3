"""Videos: read, detected, lifted and drawn."""

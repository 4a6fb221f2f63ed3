"""Photographs: found, detected, lifted and drawn."""

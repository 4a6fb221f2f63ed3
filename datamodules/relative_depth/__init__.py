"""Relative depth of joints: labels, annotations and their files."""

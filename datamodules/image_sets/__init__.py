"""Readers of datasets of people on images, each in the layout its owners publish."""

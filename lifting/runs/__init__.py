"""Runs: the folder of a training and everything in it."""

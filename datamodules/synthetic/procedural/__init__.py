"""The procedural human of the synthetic dataset: its body, what it does, and the store of it."""

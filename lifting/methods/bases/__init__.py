"""Base classes of the methods, and what they are assembled from."""

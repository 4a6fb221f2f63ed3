"""Examples of poses: splits, batches, loaders and noise."""

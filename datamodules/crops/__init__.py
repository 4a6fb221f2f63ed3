"""Examples of images: the index of a dataset, crops, and their loaders."""

"""The clip store, which every dataset of poses is converted into."""

"""Drawing of poses; no model code."""

"""Figures, videos and pages of poses; no model code."""

"""The methods: one LightningModule per publication."""

from lifting.methods.base import Method
from lifting.methods.simple_baseline import SimpleBaseline

__all__ = ["Method", "SimpleBaseline"]

"""Published weights made checkpoints of this suite, and checkpoints made published weights."""

from lifting.exchange.exporting import export_weights
from lifting.exchange.importing import import_weights

__all__ = ["export_weights", "import_weights"]

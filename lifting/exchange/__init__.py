"""Exchange of weights with other projects: published files into checkpoints, and checkpoints out."""

from lifting.exchange.exporting import export_weights
from lifting.exchange.importing import import_weights

__all__ = ["export_weights", "import_weights"]

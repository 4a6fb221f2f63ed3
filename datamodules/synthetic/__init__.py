"""The procedural human, under the names and protocols of Human3.6M."""

from datamodules.synthetic.images import SyntheticImages
from datamodules.synthetic.poses import Synthetic

__all__ = ["Synthetic", "SyntheticImages"]

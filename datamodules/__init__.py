"""The datasets, as LightningDataModules."""

from datamodules.base import PoseDataModule
from datamodules.h36m import H36M
from datamodules.synthetic import Synthetic

__all__ = ["H36M", "PoseDataModule", "Synthetic"]

"""The datasets, as LightningDataModules."""

from datamodules.base import PoseDataModule
from datamodules.cmu import CMU
from datamodules.h36m import H36M
from datamodules.h36m_images import H36MImages
from datamodules.images import ImageDataModule
from datamodules.lsp import LSP
from datamodules.mpi_inf_3dhp import MPIINF3DHP
from datamodules.npz_dataset import CustomPoses
from datamodules.panoptic import Panoptic
from datamodules.panoptic_poses import PanopticPoses
from datamodules.subject_split import SubjectDataModule
from datamodules.synthetic import Synthetic
from datamodules.synthetic_images import SyntheticImages

__all__ = [
    "CMU",
    "H36M",
    "LSP",
    "MPIINF3DHP",
    "CustomPoses",
    "H36MImages",
    "ImageDataModule",
    "Panoptic",
    "PanopticPoses",
    "PoseDataModule",
    "SubjectDataModule",
    "Synthetic",
    "SyntheticImages",
]

"""The datasets, as LightningDataModules."""

from datamodules.aist.poses import AIST
from datamodules.base import PoseDataModule
from datamodules.cmu.poses import CMU
from datamodules.crops.datamodule import ImageDataModule
from datamodules.custom.poses import CustomPoses
from datamodules.examples.subject_datamodule import SubjectDataModule
from datamodules.h36m.images import H36MImages
from datamodules.h36m.poses import H36M
from datamodules.lsp.poses import LSP
from datamodules.motion.poses import Motion
from datamodules.mpi_inf_3dhp.poses import MPIINF3DHP
from datamodules.panoptic.images import Panoptic
from datamodules.panoptic.poses import PanopticPoses
from datamodules.synthetic.images import SyntheticImages
from datamodules.synthetic.poses import Synthetic
from datamodules.threedpw.poses import ThreeDPW

__all__ = [
    "AIST",
    "CMU",
    "H36M",
    "LSP",
    "MPIINF3DHP",
    "CustomPoses",
    "H36MImages",
    "ImageDataModule",
    "Motion",
    "Panoptic",
    "PanopticPoses",
    "PoseDataModule",
    "SubjectDataModule",
    "Synthetic",
    "SyntheticImages",
    "ThreeDPW",
]

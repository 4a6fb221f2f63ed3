"""Versions of the joints in stores of CMU motion capture, told by what a store says of its origin."""

from pathlib import Path

from lightning.pytorch.utilities import rank_zero_warn

from datamodules.store.clips import StoreInfo

CMU_SITE = "mocap.cs.cmu.edu"
CMU_JOINTS = (
    "Joints, version 2: pelvis in the middle of the hips, spine at the end of the lower back, wrists at "
    "the end of the forearm."
)


def warn_of_earlier_joints(info: StoreInfo, path: str | Path) -> None:
    """Warn of a store of CMU motion capture that an earlier version of the suite has prepared."""
    if CMU_SITE in info.origin and CMU_JOINTS not in info.origin:
        rank_zero_warn(
            f"{path}: the joints are those of an earlier version (the pelvis 10 cm above the hips, the "
            "wrists in the middle of the forearms, the spine below the neck), unlike those of stores "
            "that are prepared now; prepare it again, or do not mix them."
        )

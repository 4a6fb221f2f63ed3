"""Pictures of lifted poses."""

from typing import Any

from lightning import LightningModule
from matplotlib.figure import Figure

from callbacks.pictures import Pictures
from lifting.batch import PoseBatch
from lifting.metrics.functional import mpjpe
from lifting.skeletons import skeleton
from lifting.viz.figures import prediction_figure


class PosePictures(Pictures):
    """Draws 2D input, prediction and truth of fixed samples."""

    def figure(
        self, data: Any, module: LightningModule, batch: PoseBatch, clips: list[str]
    ) -> Figure:
        """Draw the input and the lifted pose, with its error where the truth is known."""
        # The first output frame of each sample, and the input frame that it stands for.
        lifted = module.lift(batch)[:, 0].float()  # type: ignore[operator]
        truth = module.target(batch)[:, 0] if "pose" in batch else None  # type: ignore[operator]
        now = data.test_windows.left // data.test_windows.dilation
        if truth is not None:
            errors = mpjpe(lifted, truth).tolist()
            clips = [f"{clip}\nMPJPE {e:.0f} mm" for clip, e in zip(clips, errors, strict=True)]
        return prediction_figure(
            batch["keypoints"][:, now].cpu().numpy(),
            lifted.cpu().numpy(),
            None if truth is None else truth.cpu().numpy(),
            skeleton(module.hparams["keypoint_skeleton"]),
            skeleton(module.hparams["skeleton"]),
            clips,
        )

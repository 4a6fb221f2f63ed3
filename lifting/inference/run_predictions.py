"""All predictions of a run, compared with the true poses of its recordings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datamodules.store.clips import ClipStore
from lifting.errors import InputError
from lifting.inference.saved_predictions import PredictedFrames, data_of_run, predictions_of_run
from lifting.reporting import PoseErrors
from lifting.runs.folder import CONFIG


class RunPredictions:
    """The predictions of a run.

    Args:
        folder: Folder of the run.
        align: Fit each pose to the true one by a similarity first, as PA-MPJPE does.

    Raises:
        InputError: If there are no predictions, or no datamodule that they are of.
    """

    def __init__(self, folder: Path, align: bool = False) -> None:
        self.predictions = predictions_of_run(folder)
        self.data = data_of_run(folder / CONFIG)
        self.align = align

    def errors(self) -> PoseErrors:
        """Return the errors of all poses.

        Raises:
            InputError: If the recordings are not there, hold no true poses, or are other ones.
        """
        content, clips = self.predictions.content, self.predictions.clips
        errors = np.empty(content["pose"].shape[:2], np.float32)
        with ClipStore(self.data.store) as store:
            for number in np.unique(content["clip"]):
                rows = (content["clip"] == number).nonzero()[0]
                frames = self._frames(rows, store)
                errors[rows] = frames.errors
            name = f"{Path(self.data.store).name} ({store.digest[:8]})"
        return PoseErrors(frames.joints, clips, content["clip"], content["frame"], errors, name)

    def frames(self, selection: Sequence[tuple[str, int]]) -> list[PredictedFrames]:
        """Return single frames by clip and number, ``(clip, frame)`` each.

        Raises:
            InputError: If one of them was not predicted.
        """
        with ClipStore(self.data.store) as store:
            return [self._frames(self._row(clip, frame), store) for clip, frame in selection]

    def _row(self, clip: str, frame: int) -> np.ndarray:
        rows = self.predictions.rows_of(clip)
        rows = rows[self.predictions.content["frame"][rows] == frame]
        if not len(rows):
            raise InputError(f"has no frame {frame} of {clip}.", self.predictions.path)
        return rows[:1]

    def _frames(self, rows: np.ndarray, store: ClipStore) -> PredictedFrames:
        frames = self.predictions.beside(rows, self.data, store)
        return frames.aligned() if self.align else frames

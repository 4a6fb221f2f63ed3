"""Predictions of runs as a page, a video or a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.saved_predictions import (
    PredictedFrames,
    Predictions,
    data_of_run,
    predictions_of_run,
)
from lifting.metrics.registry import title
from lifting.runs.folder import CONFIG, run_folder
from lifting.skeletons.occlusion import Status
from lifting.viz.clip_video import write_clip_video
from lifting.viz.figures import prediction_figure, save_figure
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack
from lifting.viz.video import write_rotation

# Poses of a picture; the other kinds show every frame that is asked for.
COLUMNS = 6
# Predictions may be far apart; then what is played is faster than life.
SLOWEST = 5.0


@dataclass(frozen=True)
class ShownRun:
    """Some frames of a run as they are shown."""

    name: str
    shown: PredictedFrames
    aligned: bool = False

    @property
    def captions(self) -> list[str]:
        """Number and error of each frame."""
        metric = title("pa_mpjpe" if self.aligned else "mpjpe")
        shown, errors = self.shown, np.full(len(self.shown.frames), np.nan)
        if shown.truth is not None:
            errors = shown.errors.mean(-1)
        return [
            f"frame {frame}" + (f", {metric} {error:.0f} mm" if np.isfinite(error) else "")
            for frame, error in zip(shown.frames, errors, strict=True)
        ]


def shown_runs(
    folder: Path,
    predictions: Predictions,
    rows: np.ndarray,
    align: bool,
    others: Sequence[str],
    reproject: bool = False,
) -> list[ShownRun]:
    """Return rows of a run's predictions, and the same frames of other runs.

    Raises:
        InputError: If a run has no such frames, no truth to align to, or no trajectory to project.
    """
    shown = predictions.beside_truth(rows, data_of_run(folder / CONFIG))
    if reproject:
        shown = shown.reprojected()
    if not np.isfinite(shown.predicted).any() and shown.truth is None:
        raise InputError("every pose asked for was refused", predictions.path, "choose others.")
    if align and shown.truth is None:
        what = f"{shown.key.path} has no true poses to align to"
        raise InputError(what, Option("align"), "leave it out.")
    folders = [Path(run_folder(other)) for other in others]
    runs = [(folder, shown), *((other, _same_frames(other, shown)) for other in folders)]
    return [
        ShownRun(run.name, frames.aligned() if align else frames, align) for run, frames in runs
    ]


def rows_of(
    predictions: Predictions, clip: str | None, index: int | None, start: int
) -> np.ndarray:
    """Return the rows of a clip from a frame on, or the one row of an index.

    Raises:
        InputError: If there are none.
    """
    if index is not None:
        if not 0 <= index < len(predictions):
            what = f"{predictions.path} holds poses 0 to {len(predictions) - 1}."
            raise InputError(what, Phrase("{} {}", Option("index"), index))
        return np.array([index])
    rows = predictions.rows_of(predictions.first if clip is None else clip)
    numbers = predictions.content["frame"][rows]
    if start > numbers[-1]:
        raise InputError(
            Phrase(
                "{} {}: the last predicted frame of the clip is {}.",
                Option("start"),
                start,
                numbers[-1],
            )
        )
    return rows[numbers >= start]


def _same_frames(folder: Path, shown: PredictedFrames) -> PredictedFrames:
    """Return the frames of another run that are those shown."""
    predictions = predictions_of_run(folder)
    rows = predictions.rows_of(shown.key.path.removeprefix("clips/"))
    rows = rows[np.isin(predictions.content["frame"][rows], shown.frames)]
    if len(rows) != len(shown.frames):
        what = f"has {len(rows)} of the {len(shown.frames)} frames shown"
        raise InputError(what, predictions.path, "predict both runs on the same frames.")
    return predictions.beside_truth(rows, data_of_run(folder / CONFIG))


def _rate(shown: PredictedFrames) -> float:
    gap = float(np.median(np.diff(shown.frames))) if len(shown.frames) > 1 else 1.0
    return max(shown.key.fps / max(gap, 1.0), SLOWEST)


def pose_track(name: str, frames: Sequence[PredictedFrames]) -> PoseTrack:
    """Return the poses that a run predicted, one set of frames after the other."""
    status = [some.status for some in frames if some.status is not None]
    known = np.concatenate(status) != Status.COMPLETED if status else None
    poses = np.concatenate([some.predicted for some in frames])
    return PoseTrack(name, poses, frames[0].joints, known)


def _clip(runs: Sequence[ShownRun]) -> Clip:
    first = runs[0].shown
    return Clip(
        first.key.path.removeprefix("clips/"),
        [pose_track(run.name, [run.shown]) for run in runs],
        fps=_rate(first),
        truth=None if first.truth is None else PoseTrack("truth", first.truth, first.joints),
        keypoints=first.keypoints,
        keypoint_joints=first.keypoint_joints,
        frames=first.frames.tolist(),
        aligned=runs[0].aligned,
    )


def _write_html(path: Path, title: str, runs: Sequence[ShownRun]) -> None:
    write_page(path, title, [_clip(runs)])


def _write_video(path: Path, title: str, runs: Sequence[ShownRun]) -> None:
    if len(runs) > 1:
        write_clip_video(path, _clip(runs))
        return
    shown, captions = runs[0].shown, runs[0].captions
    single = len(captions) == 1
    which: int | slice = 0 if single else slice(None)
    write_rotation(
        path,
        shown.predicted[which],
        None if shown.truth is None else shown.truth[which],
        shown.joints,
        shown.keypoints[which],
        shown.keypoint_joints,
        fps=25.0 if single else _rate(shown),
        title=f"{title}, {captions[0]}" if single else title,
    )


def _write_png(path: Path, title: str, runs: Sequence[ShownRun]) -> None:
    shown, captions = runs[0].shown, runs[0].captions
    take = np.unique(np.linspace(0, len(captions) - 1, COLUMNS).round().astype(int))
    truth = None if shown.truth is None else shown.truth[take]
    keypoints, poses = shown.keypoints[take], shown.predicted[take]
    titles = [captions[i] for i in take]
    joints = shown.keypoint_joints, shown.joints
    if shown.status is None:
        figure = prediction_figure(keypoints, poses, truth, *joints, titles)
    else:
        seen, status = np.isfinite(keypoints).all(-1), shown.status[take]
        figure = occlusion_figure(keypoints, seen, poses, status, truth, *joints, titles)
    figure.suptitle(title, fontsize=9)
    save_figure(figure, path)


WRITERS: dict[str, Callable[[Path, str, Sequence[ShownRun]], None]] = {
    ".html": _write_html,
    ".mp4": _write_video,
    ".gif": _write_video,
    ".png": _write_png,
}

"""Look at what a run predicted, beside the truth: a page with a slider, a turning video, or a picture.

python -m lifting predict --run first
python scripts/view_predictions.py first --clip "S9/Walking 1" --out walking.mp4
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jsonargparse import auto_cli

from datamodules.predictions import PredictedFrames, Predictions, data_of_run
from lifting.cli import CONFIG, run_folder
from lifting.errors import InputError, guarded
from lifting.files import beside
from lifting.geometry import similarity_alignment
from lifting.metrics.functional import mpjpe
from lifting.occlusion import Status
from lifting.viz.figures import prediction_figure
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.plotly_poses import Sample
from lifting.viz.video import write_rotation
from lifting.viz.viewer import write_viewer

# Poses of a picture; the other kinds show every frame that is asked for.
COLUMNS = 6
# Predictions may be far apart; then what is played is faster than life.
SLOWEST = 5.0


def view_predictions(
    run: str,
    clip: str | None = None,
    index: int | None = None,
    out: str | None = None,
    start: int = 0,
    frames: int = 200,
    every: int = 1,
    align: bool = False,
) -> None:
    """Show predicted poses in colour and the truth in grey.

    Args:
        run: Name of the run, which `predict` was run for.
        clip: Clip as subject/sequence/camera, or the beginning of it; the first where not given.
        index: A single pose instead, by its row in predictions.npz.
        out: Where to: .html has a slider over frames, .mp4 turns, .png is six frames; in the folder
            of the run where not given.
        start: Number of the frame to begin with.
        frames: Frames to show at most.
        every: Show every n-th predicted frame.
        align: Fit each pose to the truth by a similarity first, as PA-MPJPE does.
    """
    folder = Path(run_folder(run))
    path = folder / "predictions.html" if out is None else Path(out)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(f"--out {path}: choose a name that ends in {', '.join(_WRITERS)}.")
    if clip is not None and index is not None:
        raise InputError("--clip and --index: give one of them.")
    if start < 0 or min(frames, every) < 1:
        raise InputError(
            f"--start {start}, --frames {frames}, --every {every}: give a frame from 0 on, and one or "
            "more of the others."
        )
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: there is no such run; check its name.")
    file = folder / "predictions.npz"
    if not file.is_file():
        raise InputError(f"{file}: not predicted yet; run `python -m lifting predict --run {run}`.")
    predictions = Predictions(file)
    rows = _rows(predictions, clip, index, start)[::every][:frames]
    shown = predictions.beside_truth(rows, data_of_run(folder / CONFIG))
    if not np.isfinite(shown.predicted).any() and shown.truth is None:
        raise InputError(f"{file}: every pose asked for was refused; choose others.")
    if align and shown.truth is None:
        raise InputError(f"--align: {shown.key.path} has no true poses to align to; leave it out.")
    predicted, errors = _compare(shown, align)
    name = f"{folder.name}: {shown.key.path.removeprefix('clips/')}"
    captions = [
        f"frame {frame}" + (f", {error:.0f} mm" if np.isfinite(error) else "")
        for frame, error in zip(shown.frames, errors, strict=True)
    ]
    write(path, f"{name}, aligned" if align else name, shown, predicted, captions)
    print(f"{len(shown.frames)} frames of {shown.key.path.removeprefix('clips/')} in {path}")


def _rows(predictions: Predictions, clip: str | None, index: int | None, start: int) -> np.ndarray:
    if index is not None:
        if not 0 <= index < len(predictions):
            raise InputError(
                f"--index {index}: {predictions.path} holds poses 0 to {len(predictions) - 1}."
            )
        return np.array([index])
    rows = predictions.rows_of(predictions.first if clip is None else clip)
    numbers = predictions.content["frame"][rows]
    if start > numbers[-1]:
        raise InputError(f"--start {start}: the last predicted frame of the clip is {numbers[-1]}.")
    return rows[numbers >= start]


def _compare(shown: PredictedFrames, align: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the poses, aligned if asked for, and their errors, NaN where there is none."""
    if shown.truth is None:
        return shown.predicted, np.full(len(shown.frames), np.nan)
    predicted = torch.from_numpy(shown.predicted).double()
    truth = torch.from_numpy(shown.truth).double()
    if align:
        predicted = similarity_alignment(predicted, truth)(predicted)
    return predicted.float().numpy(), mpjpe(predicted, truth).numpy()


def _rate(shown: PredictedFrames) -> float:
    gap = float(np.median(np.diff(shown.frames))) if len(shown.frames) > 1 else 1.0
    return max(shown.key.fps / max(gap, 1.0), SLOWEST)


def _write_html(
    path: Path, title: str, shown: PredictedFrames, predicted: np.ndarray, captions: list[str]
) -> None:
    samples = [
        Sample(
            title=caption,
            keypoints=shown.keypoints[i],
            predicted=predicted[i],
            truth=None if shown.truth is None else shown.truth[i],
            completed=None if shown.status is None else shown.status[i] == Status.COMPLETED,
        )
        for i, caption in enumerate(captions)
    ]
    write_viewer(path, title, samples, shown.keypoint_joints, shown.joints, _rate(shown))


def _write_mp4(
    path: Path, title: str, shown: PredictedFrames, predicted: np.ndarray, captions: list[str]
) -> None:
    single = len(captions) == 1
    which: int | slice = 0 if single else slice(None)
    write_rotation(
        path,
        predicted[which],
        None if shown.truth is None else shown.truth[which],
        shown.joints,
        shown.keypoints[which],
        shown.keypoint_joints,
        fps=25.0 if single else _rate(shown),
        title=f"{title}, {captions[0]}" if single else title,
    )


def _write_png(
    path: Path, title: str, shown: PredictedFrames, predicted: np.ndarray, captions: list[str]
) -> None:
    take = np.unique(np.linspace(0, len(captions) - 1, COLUMNS).round().astype(int))
    truth = None if shown.truth is None else shown.truth[take]
    keypoints, poses, titles = shown.keypoints[take], predicted[take], [captions[i] for i in take]
    joints = shown.keypoint_joints, shown.joints
    if shown.status is None:
        figure = prediction_figure(keypoints, poses, truth, *joints, titles)
    else:
        seen, status = np.isfinite(keypoints).all(-1), shown.status[take]
        figure = occlusion_figure(keypoints, seen, poses, status, truth, *joints, titles)
    figure.suptitle(title, fontsize=9)
    with beside(path) as partial:
        figure.savefig(partial, dpi=110, format="png")


_WRITERS: dict[str, Callable[..., None]] = {
    ".html": _write_html,
    ".mp4": _write_mp4,
    ".png": _write_png,
}

if __name__ == "__main__":
    guarded(lambda: auto_cli(view_predictions))

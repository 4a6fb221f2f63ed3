"""Look at what runs predicted, beside the truth: a page to play and turn, a video, or a picture.

python -m lifting predict --run first
python scripts/view_predictions.py first --clip "S9/Walking 1" --out walking.mp4
python scripts/view_predictions.py first --beside '[second]'
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jsonargparse import auto_cli

from lifting.errors import InputError, guarded
from lifting.files import beside as written_beside
from lifting.inference.saved_predictions import (
    PredictedFrames,
    Predictions,
    data_of_run,
    predictions_of_run,
)
from lifting.runs.folder import CONFIG, run_folder
from lifting.skeletons.occlusion import Status
from lifting.viz.clip_video import write_clip_video
from lifting.viz.figures import prediction_figure
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack
from lifting.viz.video import write_rotation

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
    beside: list[str] | None = None,
) -> None:
    """Show predicted poses in colour and the truth in grey.

    Args:
        run: Name of the run, which `predict` was run for.
        clip: Clip as subject/sequence/camera, or the beginning of it; the first where not given.
        index: A single pose instead, by its row in predictions.npz.
        out: Where to: .html is a page to play and turn, .mp4 turns, .png is six frames;
            predictions.html in the folder of the run where not given.
        start: Number of the frame to begin with.
        frames: Frames to show at most.
        every: Show every n-th predicted frame.
        align: Fit each pose to the truth by a similarity first, as PA-MPJPE does.
        beside: Names of other runs, whose poses of the same frames stand beside (page, video).
    """
    folder = Path(run_folder(run))
    path = folder / "predictions.html" if out is None else Path(out)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(f"--out {path}: choose a name that ends in {', '.join(_WRITERS)}.")
    if beside and write is _write_png:
        raise InputError(
            f"--out {path}: shows one run", remedy="choose a name that ends in .html or .mp4."
        )
    if clip is not None and index is not None:
        raise InputError("--clip and --index: give one of them.")
    if start < 0 or min(frames, every) < 1:
        raise InputError(
            f"--start {start}, --frames {frames}, --every {every}: give a frame from 0 on, and one or "
            "more of the others."
        )
    predictions = predictions_of_run(folder)
    rows = _rows(predictions, clip, index, start)[::every][:frames]
    shown = predictions.beside_truth(rows, data_of_run(folder / CONFIG))
    if not np.isfinite(shown.predicted).any() and shown.truth is None:
        raise InputError("every pose asked for was refused", predictions.path, "choose others.")
    if align and shown.truth is None:
        raise InputError(
            f"{shown.key.path} has no true poses to align to", "--align", "leave it out."
        )
    runs = [_compared(folder, shown, align)]
    for other in map(Path, map(run_folder, beside or [])):
        runs.append(_compared(other, _same_frames(other, shown), align))
    name = shown.key.path.removeprefix("clips/")
    names = ", ".join(r.name for r in runs)
    write(path, f"{names}: {name}" + (", aligned" if align else ""), runs)
    print(f"{len(shown.frames)} frames of {name} in {path}")


@dataclass(frozen=True)
class _Run:
    """Some frames of a run as they are shown, with errors (NaN without truth)."""

    name: str
    shown: PredictedFrames
    errors: np.ndarray

    @property
    def captions(self) -> list[str]:
        """Number and error of each frame."""
        return [
            f"frame {frame}" + (f", {error:.0f} mm" if np.isfinite(error) else "")
            for frame, error in zip(self.shown.frames, self.errors, strict=True)
        ]


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


def _same_frames(folder: Path, shown: PredictedFrames) -> PredictedFrames:
    """Return the frames of another run that are those shown."""
    predictions = predictions_of_run(folder)
    rows = predictions.rows_of(shown.key.path.removeprefix("clips/"))
    rows = rows[np.isin(predictions.content["frame"][rows], shown.frames)]
    if len(rows) != len(shown.frames):
        raise InputError(
            f"has {len(rows)} of the {len(shown.frames)} frames shown",
            predictions.path,
            "predict both runs on the same frames.",
        )
    return predictions.beside_truth(rows, data_of_run(folder / CONFIG))


def _compared(folder: Path, shown: PredictedFrames, align: bool) -> _Run:
    """Return a run with its errors, and its poses aligned if asked for."""
    if shown.truth is None:
        return _Run(folder.name, shown, np.full(len(shown.frames), np.nan))
    if align:
        shown = shown.aligned()
    return _Run(folder.name, shown, shown.errors.mean(-1))


def _rate(shown: PredictedFrames) -> float:
    gap = float(np.median(np.diff(shown.frames))) if len(shown.frames) > 1 else 1.0
    return max(shown.key.fps / max(gap, 1.0), SLOWEST)


def _clip(runs: Sequence[_Run]) -> Clip:
    first = runs[0].shown
    tracks = [
        PoseTrack(
            run.name,
            run.shown.predicted,
            run.shown.joints,
            None if run.shown.status is None else run.shown.status != Status.COMPLETED,
        )
        for run in runs
    ]
    return Clip(
        first.key.path.removeprefix("clips/"),
        tracks,
        fps=_rate(first),
        truth=None if first.truth is None else PoseTrack("truth", first.truth, first.joints),
        keypoints=first.keypoints,
        keypoint_joints=first.keypoint_joints,
        frames=first.frames.tolist(),
    )


def _write_html(path: Path, title: str, runs: Sequence[_Run]) -> None:
    write_page(path, title, [_clip(runs)])


def _write_mp4(path: Path, title: str, runs: Sequence[_Run]) -> None:
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


def _write_png(path: Path, title: str, runs: Sequence[_Run]) -> None:
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
    with written_beside(path) as partial:
        figure.savefig(partial, dpi=110, format="png")


_WRITERS: dict[str, Callable[[Path, str, Sequence[_Run]], None]] = {
    ".html": _write_html,
    ".mp4": _write_mp4,
    ".png": _write_png,
}

if __name__ == "__main__":
    guarded(lambda: auto_cli(view_predictions))

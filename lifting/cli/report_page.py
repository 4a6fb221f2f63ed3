"""Page that compares runs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lifting.cli.view_writers import pose_track
from lifting.inference.run_predictions import RunPredictions
from lifting.inference.saved_predictions import PredictedFrames
from lifting.reporting import PoseErrors, ReportedRun, gather, worst_frames, write_report
from lifting.reporting.protocols import groups
from lifting.viz.player import Clip, PoseTrack

# Runs whose poses stand beside the worst ones of another.
BESIDE = 3


def write_report_page(path: Path, folders: Sequence[Path], align: bool, worst: int) -> None:
    """Write the page, and print what is missing on it.

    Args:
        path: The page.
        folders: Folders of the runs.
        align: Fit each pose to the true one first, for errors and worst poses.
        worst: Number of worst poses of each run.

    Raises:
        InputError: If a run cannot be reported, or the page cannot be written.
    """
    reported = gather(folders)
    predicted: dict[str, RunPredictions] = {}
    errors: dict[str, PoseErrors] = {}
    for run in reported:
        read = run.read_or_note(lambda run=run: _errors(run, align), None)  # type: ignore[misc]
        if read is not None:
            predicted[run.label], errors[run.label] = read
    clips = _worst(reported, predicted, errors, worst, align) if worst else []
    write_report(path, reported, errors, clips, align)
    for run in reported:
        for sentence in run.missing:
            print(f"{run.label}: {sentence}")


def _errors(run: ReportedRun, align: bool) -> tuple[RunPredictions, PoseErrors]:
    predictions = RunPredictions(run.folder, align)
    return predictions, predictions.errors()


def _worst(
    runs: Sequence[ReportedRun],
    predicted: dict[str, RunPredictions],
    errors: dict[str, PoseErrors],
    count: int,
    aligned: bool,
) -> list[Clip]:
    """Return the worst poses of each run, beside those of others that predicted the same."""
    facts = {label: pose_errors.facts for label, pose_errors in errors.items()}
    clips = []
    for group in groups([run for run in runs if run.label in errors], lambda r: facts[r.label]):
        labels = [run.label for run in group.runs]
        for label in labels:
            places = worst_frames(errors[label], count)
            if places:
                names = [label, *(other for other in labels if other != label)][: 1 + BESIDE]
                frames = {name: predicted[name].frames(places) for name in names}
                clips.append(_clip(f"worst of {label}", frames, aligned))
    return clips


def _clip(name: str, frames: dict[str, list[PredictedFrames]], aligned: bool) -> Clip:
    """Return single frames of several clips as one to go through."""
    first = next(iter(frames.values()))
    truth = [frame.truth for frame in first if frame.truth is not None]
    return Clip(
        name,
        [pose_track(label, shown) for label, shown in frames.items()],
        fps=1.0,
        truth=PoseTrack("truth", np.concatenate(truth), first[0].joints),
        keypoints=np.concatenate([frame.keypoints for frame in first]),
        keypoint_joints=first[0].keypoint_joints,
        frames=[int(frame.frames[0]) for frame in first],
        notes=[
            f"{frame.key.path.removeprefix('clips/')}, frame {frame.frames[0]}" for frame in first
        ],
        aligned=aligned,
    )

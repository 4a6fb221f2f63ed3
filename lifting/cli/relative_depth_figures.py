"""Figures of "It's all Relative", from the runs of their pipelines."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from datamodules.examples.bank import PoseBank, select_frames
from datamodules.store.clips import ClipStore
from lifting.errors import InputError
from lifting.geometry import similarity_alignment
from lifting.inference.saved_predictions import Predictions, data_of_run
from lifting.metrics.functional import joint_error
from lifting.runs.folder import read_table
from lifting.skeletons import skeleton
from lifting.viz.relative_depth import (
    annotation_figure,
    bar_figure,
    comparison_figure,
    error_figure,
    joint_figure,
    noise_figure,
)

# Frames that a picture shows side by side.
_SHOWN = 8
_BITS_PER_MEGABYTE = 8e6


def result(folder: Path, stage: str, metric: str = "pa_mpjpe") -> float:
    """Return the frame average of a run's test."""
    rows = read_table(folder / stage)
    for row in rows:
        if "frame average" in row.values() and metric in row:
            return float(row[metric])
    raise InputError(f"has no {metric}", folder / stage / "test.csv", "test the run again.")


def stages(folder: Path, *prefixes: str) -> list[str]:
    """Return the tested runs whose names begin so, in the order they were begun."""
    tables = sorted(folder.glob("*/test.csv"), key=lambda path: path.stat().st_mtime)
    names = [path.parent.name for path in tables if path.parent.name.startswith(prefixes)]
    if not names:
        wanted = " or ".join(f"{prefix}*" for prefix in prefixes)
        raise InputError(f"holds no tested runs {wanted}", folder, "run its pipeline first.")
    return names


def figure_1d(folder: Path) -> dict[str, Figure]:
    """Errors over the size of the annotations."""
    points: dict[str, list[tuple[str, float, float]]] = {"supervised": [], "relative": []}
    for stage in stages(folder, "supervised", "ours"):
        data = data_of_run(folder / stage / "config.yaml")
        with ClipStore(data.store) as store:
            frames, joints = 0, len(skeleton(store.info.skeleton))
            for key in store.keys:
                if key.subject in data.subjects["train"]:
                    numbers = torch.from_numpy(store.frames(key))
                    frames += int(select_frames(data.frames["train"], None, numbers).sum())
        if data.depth_labels is None:
            kind, bits = "supervised", 8 * 3 * joints
        else:
            kind, every = "relative", joints * (joints - 1) // 2
            bits = every if data.depth_labels.pairs == "all" else data.depth_labels.pairs
        label = stage.split("_", 1)[1].replace("_percent", " %").replace("_", " ")
        megabytes = frames * bits / _BITS_PER_MEGABYTE
        points[kind].append((label, megabytes, result(folder, stage)))
    return {"figure_1d": annotation_figure(points)}


def predicted(folder: Path, stage: str) -> tuple[Tensor, PoseBank]:
    """Return the poses of a run, predicted now if need be, and the examples they are of, in order."""
    run = folder / stage
    if not (run / "predictions.npz").is_file():
        command = [sys.executable, "-m", "lifting", "predict", "--run", str(run)]
        if subprocess.run(command).returncode:
            raise InputError("cannot be predicted with", run, "mend what stands above.")
    content, data = Predictions(run / "predictions.npz").content, data_of_run(run / "config.yaml")
    data.prepare_data()
    data.setup("test")
    bank = data.bank("test")
    if not np.array_equal(content["frame"], bank.frame[bank.rows]):
        raise InputError("is of other frames", run / "predictions.npz", "remove it and try again.")
    return torch.from_numpy(content["pose"]), bank


def figure_4ab(folder: Path) -> dict[str, Figure]:
    """Errors of frames and of joints."""
    errors = {}
    for name, stage in (("supervised", "supervised"), ("relative", "ours")):
        pose, bank = predicted(folder, stage)
        assert bank.pose is not None  # what was tested against
        truth = bank.pose[bank.rows].double()
        aligned = similarity_alignment(pose.double(), truth)(pose.double())
        errors[name] = joint_error(aligned, truth).numpy()
    of_frames = {name: each.mean(-1) for name, each in errors.items()}
    joints = skeleton("h36m17")
    return {"figure_4a": error_figure(of_frames), "figure_4b": joint_figure(errors, joints)}


def figure_4c(folder: Path) -> dict[str, Figure]:
    """Noise in the test, and in training too."""
    errors: dict[str, dict[str, tuple[float, float]]] = {}
    for name, run in (("supervised", "supervised"), ("relative", "ours")):
        clean = result(folder, f"{run}_clean")
        errors[name] = {"0": (clean, clean)}
        for variance in (5, 10, 15, 20):
            tested = result(folder, f"{run}_clean_tested_on_{variance}")
            errors[name][str(variance)] = tested, result(folder, f"{run}_noise_{variance}")
        detected = result(folder, f"{run}_16_clean_tested_on_sh"), result(folder, f"{run}_16_sh")
        errors[f"{name}, 16 joints"] = {"detections": detected}
    return {"figure_4c": noise_figure(errors)}


def figure_4d(folder: Path) -> dict[str, Figure]:
    """Wrong labels."""
    names = stages(folder, "wrong_")
    values = {n.removeprefix("wrong_"): result(folder, n) / 10 for n in names}
    return {"figure_4d": bar_figure(values, "wrong labels [%]", "PA-MPJPE [cm]")}


def figure_5(folder: Path) -> dict[str, Figure]:
    """Leeds Sports Pose: the fraction of pairs in another order than people say, and poses."""
    names = [n for n in stages(folder, "") if n.startswith("lsp_")]
    titles = {n: n.removeprefix("lsp_").replace("_", " ") for n in names}
    values = {titles[n]: result(folder, n, "disagreement") for n in names}
    shown = {}
    for name in names:
        poses, bank = predicted(folder, name)
        rows = torch.linspace(0, len(poses) - 1, _SHOWN).long()
        shown[titles[name]] = poses[rows].numpy()
        keypoints = bank.keypoints[bank.rows[rows]].numpy()
    joints = skeleton("lsp14")
    return {
        "figure_5": bar_figure(values, "trained on", "pairs in another order [%]"),
        "figure_5_poses": comparison_figure(keypoints, shown, joints, joints),
    }


FIGURES: dict[str, Callable[[Path], dict[str, Figure]]] = {
    draw.__name__: draw for draw in (figure_1d, figure_4ab, figure_4c, figure_4d, figure_5)
}

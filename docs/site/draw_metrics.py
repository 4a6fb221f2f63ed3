"""Pictures of the metrics, by the suite's own functions: docs/images/metrics_*.svg.

    python docs/site/draw_metrics.py docs/images

The truth is a pose of the procedural human; predictions are made of it.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from datamodules.synthetic.rendered.video import render_video
from lifting.files import beside
from lifting.geometry import centre, optimal_scale, rotate, rotation_y, similarity_alignment
from lifting.metrics.functional import (
    PCK_THRESHOLD,
    joint_error,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    pck,
    velocity_error,
)
from lifting.skeletons import skeleton
from lifting.viz.figures import METHOD_COLOURS, draw_keypoints, show_square

JOINTS = skeleton("h36m17")
# Of errors, and of what has none of a side of the body.
WRONG, OTHER = METHOD_COLOURS[1], METHOD_COLOURS[0]
# The axes of the camera frame that a view shows, across and downwards.
FRONT, SIDE = [0, 1], [2, 1]


def true_poses(begin: int = 28, end: int = 29) -> Tensor:
    """Return frames of root-relative poses, millimetres; the one at 28 takes a step."""
    pose = torch.from_numpy(render_video(0, "S9", "Walking", "55011271", end).pose[begin:])
    return centre(pose, JOINTS.root)


def draw(axes: Axes, truth: Tensor, pred: Tensor, view: list[int], title: str) -> None:
    """Draw a prediction over the truth, and the way of each joint to its target."""
    flat = [pose[..., view].numpy() for pose in (truth, pred)]
    draw_keypoints(axes, flat[0], JOINTS, truth=True)
    draw_keypoints(axes, flat[1], JOINTS)
    for there, here in zip(*flat, strict=True):
        axes.plot(*zip(there, here, strict=True), color=WRONG, linewidth=1, zorder=5)
    show_square(axes, np.concatenate(flat), 0.05)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def alignments() -> Figure:
    """Draw one prediction as it is, scaled, and aligned."""
    truth = true_poses()
    noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(3))
    pred = 0.8 * rotate(truth, rotation_y(torch.tensor(0.35).double())) + 25 * noise
    pred = centre(pred, JOINTS.root)
    scaled = optimal_scale(pred, truth)[..., None, None] * pred
    aligned = similarity_alignment(pred, truth)(pred)
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 2.9), layout="constrained")
    draw(
        axes[0], truth[0], pred[0], FRONT, f"as predicted\nMPJPE {mpjpe(pred, truth).item():.0f} mm"
    )
    draw(
        axes[1], truth[0], scaled[0], FRONT, f"scaled\nN-MPJPE {n_mpjpe(pred, truth).item():.0f} mm"
    )
    title = f"scaled, turned and moved\nPA-MPJPE {pa_mpjpe(pred, truth).item():.0f} mm"
    draw(axes[2], truth[0], aligned[0], FRONT, title)
    return figure


def mirrored() -> Figure:
    """Draw a pose that is mirrored in depth: the camera sees no difference."""
    truth = true_poses()
    pred = truth * torch.tensor([1.0, 1.0, -1.0])
    fitted = [similarity_alignment(pred, truth, allowed)(pred) for allowed in (False, True)]
    numbers = [pa_mpjpe(pred, truth, allowed).item() for allowed in (False, True)]
    figure, axes = plt.subplots(1, 4, figsize=(9.2, 2.8), layout="constrained")
    draw(axes[0], truth[0], pred[0], FRONT, "as the camera sees it")
    side = f"from the side\nMPJPE {mpjpe(pred, truth).item():.0f} mm"
    draw(axes[1], truth[0], pred[0], SIDE, side)
    draw(axes[2], truth[0], fitted[0][0], SIDE, f"aligned\nPA-MPJPE {numbers[0]:.0f} mm")
    draw(axes[3], truth[0], fitted[1][0], SIDE, f"mirrored fits allowed\n{numbers[1]:.0f} mm")
    return figure


def curve() -> Figure:
    """Draw PCK over its thresholds, and the area that is AUC."""
    truth = true_poses(0, 200)
    noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(1))
    far = torch.linspace(0.4, 1.8, len(JOINTS))[:, None]
    errors = joint_error(truth + 55 * far * noise, truth)
    thresholds = np.arange(0, 181, 2.0)
    share = np.array([100 * pck(errors, t).mean().item() for t in thresholds])
    figure, axes = plt.subplots(figsize=(5.2, 2.8), layout="constrained")
    inside = thresholds <= PCK_THRESHOLD
    axes.fill_between(thresholds[inside], share[inside], color=OTHER, alpha=0.15)
    axes.plot(thresholds, share, color=OTHER)
    at = 100 * pck(errors).mean().item()
    axes.plot([PCK_THRESHOLD] * 2, [0, at], color=WRONG, linestyle=":")
    axes.plot(PCK_THRESHOLD, at, "o", color=WRONG)
    axes.annotate(f"PCK@150: {at:.0f} %", (148, at), ha="right", va="bottom", color=WRONG)
    axes.text(105, 25, "AUC: mean height\nfrom 0 to 150 mm", ha="center", color=OTHER)
    axes.set(xlabel="threshold, mm", ylabel="joints nearer, %", xlim=(0, 180), ylim=(0, 105))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def velocity() -> Figure:
    """Draw two predictions of the same MPJPE: one jitters, one is displaced."""
    truth = true_poses(0, 100)
    draws = torch.Generator().manual_seed(2)
    jitter = truth + 15 * torch.randn(truth.shape, generator=draws)
    away = torch.randn(truth.shape[1:], generator=draws)
    displaced = truth + away * mpjpe(jitter, truth).mean() / away.norm(dim=-1).mean()
    ankle = JOINTS.index("left_ankle")
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.6), layout="constrained", sharey=True)
    for place, pred, colour in zip(axes, (jitter, displaced), (WRONG, OTHER), strict=True):
        errors = mpjpe(pred, truth).mean().item(), velocity_error(pred, truth).mean().item()
        place.plot(truth[:, ankle, 0], color="0.6", linewidth=3, label="truth")
        place.plot(pred[:, ankle, 0], color=colour, label="prediction")
        place.set_title("MPJPE {:.0f} mm, MPJVE {:.1f} mm/frame".format(*errors), fontsize=9)
        place.set_xlabel("frame")
        place.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("left ankle, x, mm")
    axes[0].legend(frameon=False, fontsize=8)
    return figure


PICTURES = {"alignments": alignments, "mirrored": mirrored, "pck": curve, "velocity": velocity}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, function in PICTURES.items():
        figure = function()
        # Text stays text, and the same picture is the same file.
        with (
            mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}),
            beside(folder / f"metrics_{name}.svg") as partial,
        ):
            figure.savefig(partial, format="svg", metadata={"Date": None})
        plt.close(figure)

"""Figure of the latent space of a flow over 2D poses."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure, SubFigure
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import draw_keypoints

PANEL_WIDTH, PANEL_HEIGHT, HEADING = 1.3, 1.55, 0.35


def latent_figure(
    original: Float[ndarray, "N J 2"],
    reconstructed: Float[ndarray, "N J 2"],
    neighbours: Float[ndarray, "N M J 2"],
    samples: Float[ndarray, "S J 2"],
    interpolations: Float[ndarray, "P K J 2"],
    joints: Skeleton,
    title: str = "",
) -> Figure:
    """Draw poses that a flow decodes from its latent space, in four blocks.

    Each pose and what it is decoded to again; below it, its neighbours, decoded with noise; new
    samples, decoded from normal latent vectors; and, row by row, the way from one pose to another,
    both ends included. Every panel has the same scale, y downwards. The title names the encoded
    poses and the noise.
    """
    count = len(original)
    # As many panels in each row of samples as the widest of the other blocks has.
    width = max(count, interpolations.shape[1])
    sample_rows = [samples[i : i + width] for i in range(0, len(samples), width)]
    behind = [original] * neighbours.shape[1]
    blocks: list[tuple[str, Sequence[ndarray], Sequence[ndarray]]] = [
        ("Pose in grey, decoded again in colour", [reconstructed], [original]),
        ("Neighbours: decoded with noise", list(neighbours.swapaxes(0, 1)), behind),
        ("Samples: decoded from new latent vectors", sample_rows, []),
        ("Interpolations: decoded from between two poses", list(interpolations), []),
    ]
    heights = [len(rows) * PANEL_HEIGHT + HEADING for _, rows, _ in blocks]
    figure = plt.figure(figsize=(width * PANEL_WIDTH, sum(heights) + HEADING), layout="constrained")
    figure.suptitle(title, fontsize=10)
    # By what is real, so that a sample which is not stands out.
    window = _window(original)
    parts = figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=heights)
    for part, (heading, rows, greys) in zip(parts[:, 0], blocks, strict=True):
        part.suptitle(heading, fontsize=9)
        _draw(part, rows, greys, width, joints, window)
    return figure


def _window(poses: Float[ndarray, "N J 2"]) -> tuple[Float[ndarray, " 2"], float]:
    low, high = np.nanmin(poses, (0, 1)), np.nanmax(poses, (0, 1))
    return (low + high) / 2, 0.6 * float((high - low).max())


def _draw(
    part: SubFigure,
    rows: Sequence[ndarray],
    greys: Sequence[ndarray],
    width: int,
    joints: Skeleton,
    window: tuple[ndarray, float],
) -> None:
    (x, y), reach = window
    for r, row in enumerate(rows):
        for c, pose in enumerate(row):
            axes = part.add_subplot(len(rows), width, r * width + c + 1)
            if greys:
                draw_keypoints(axes, greys[r][c], joints, truth=True)
            draw_keypoints(axes, pose, joints)
            axes.set_aspect("equal", adjustable="box")
            axes.set(xlim=(x - reach, x + reach), ylim=(y + reach, y - reach))

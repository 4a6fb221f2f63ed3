"""Figure of usable frames: by action, whole or enough of them, and by joint."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lifting.viz.figures import METHOD_COLOURS


def usable_figure(
    actions: Mapping[str, tuple[float, float]],
    joints: Sequence[str],
    seen: Sequence[float],
    title: str = "",
) -> Figure:
    """Draw bars of shares of frames, percent.

    Args:
        actions: By action, the share that shows everybody whole, and that which shows enough.
        joints: Names of the joints.
        seen: The share in which each is seen.
        title: Heading of the figure.
    """
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 1.2 + 0.3 * max(len(actions), len(joints))), layout="constrained"
    )
    figure.suptitle(title, fontsize=10)
    rows = np.arange(len(actions))
    whole, partial = np.array(list(actions.values())).T
    left.barh(rows - 0.2, whole, 0.4, color=METHOD_COLOURS[0], label="every joint is seen")
    left.barh(rows + 0.2, partial, 0.4, color=METHOD_COLOURS[1], label="a part is, or all are")
    left.set_yticks(rows, [name.replace("_", " ") for name in actions])
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=8, frameon=False)
    right.barh(np.arange(len(joints)), seen, 0.6, color=METHOD_COLOURS[0])
    right.set_yticks(np.arange(len(joints)), [name.replace("_", " ") for name in joints])
    for axes in (left, right):
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel="% of the frames")
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    return figure

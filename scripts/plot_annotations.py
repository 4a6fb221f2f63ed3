"""Draw the figures of a user study on relative depth, as far as the file allows.

python scripts/plot_annotations.py data/depth_answers.json --source downloads/lsp_dataset
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from jsonargparse import auto_cli

from datamodules.relative_depth.annotation.study import read_study
from datamodules.relative_depth.annotation.study_figures import StudyFigures
from lifting.errors import guarded
from lifting.files import beside


def plot_annotations(
    annotations: str,
    source: str | None = None,
    pictures: str | None = None,
    out: str = "runs/annotations",
    experts: Sequence[str] = (),
    bin: float = 50.0,
    frame: str = "camera",
) -> None:
    """Draw the figures, print which are left out and why, and how often people are right.

    Args:
        annotations: A file of answers, a folder of several, or a relative_depth_lsp_v1.json.
        source: What was asked about: a clip store, a file of Leeds Sports Pose, or the folder of the
            images. The poses of a store say who is right.
        pictures: The folder of the images, where it is elsewhere; without them skeletons are drawn.
        out: The folder to write the figures to.
        experts: Annotators who are no part of the crowd, but compared with it.
        bin: Width of the bins of distance, millimetres.
        frame: Whose depth decides on who is right in figures of one frame: camera, or level, that of
            the camera turned level.
    """
    study = read_study(
        Path(annotations),
        None if source is None else Path(source),
        None if pictures is None else Path(pictures),
        experts,
    )
    figures = StudyFigures(study, bin, frame)
    for name, figure in figures.draw():
        if isinstance(figure, str):
            print(f"left out: {name}: {figure}.")
            continue
        path = Path(out) / f"{name}.png"
        with beside(path, make_folder=True) as partial:
            figure.savefig(partial, dpi=150, format="png", bbox_inches="tight")
        plt.close(figure)
        print(path)
    for line in figures.accuracies():
        print(line)


if __name__ == "__main__":
    guarded(lambda: auto_cli(plot_annotations))

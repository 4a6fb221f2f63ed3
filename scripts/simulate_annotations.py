"""Make annotations of relative depth from the poses of a clip store, where there is no crowd.

python scripts/simulate_annotations.py data/h36m.h5
"""

from pathlib import Path
from typing import Literal

from jsonargparse import auto_cli

from datamodules.relative_depth.annotation.answers import write_answers
from datamodules.relative_depth.annotation.simulated_annotations import simulate
from datamodules.relative_depth.annotation.simulated_annotators import answer_all, make_annotators
from datamodules.relative_depth.annotation_file import write_relative_depth
from datamodules.relative_depth.labels import DepthLabels
from lifting.errors import InputError, guarded


def simulate_annotations(
    store: str,
    out: str = "data/simulated_depth.json",
    images: int = 2000,
    pairs: int | Literal["all"] = 5,
    noise: float | Literal["crowd"] = "crowd",
    frame: str = "camera",
    seed: int = 0,
    annotators: int | None = None,
    votes: int = 5,
    answers: str = "data/simulated_answers.json",
) -> None:
    """Write annotations, and if annotators are asked for their raw answers to the same pairs.

    Args:
        store: A clip store with poses.
        out: The file to write, in the layout of relative_depth_lsp_v1.json; half of its images are to
            train on.
        images: How many frames to take, evenly from the clips.
        pairs: Pairs of joints per image, or all.
        noise: Share of wrong labels, or crowd: as often wrong as people are. Of the labels alone.
        frame: Whose depth decides on who is right: camera, or level, that of the camera turned level.
        seed: Seed of pairs, mistakes and annotators.
        annotators: How many annotators of different skill answer; none where not given.
        votes: How many of them answer each pair.
        answers: The file of their answers, for merge_annotations.py and plot_annotations.py.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed is {seed}: give a whole number from 0 to 2^32.")
    if pairs != "all" and pairs < 1:
        raise InputError(f"--pairs is {pairs}: give at least 1, or all.")
    if noise != "crowd" and not 0 <= noise <= 1:
        raise InputError(f"--noise is {noise}: give a fraction from 0 to 1, or crowd.")
    people = None if annotators is None else make_annotators(annotators, seed)
    made = simulate(Path(store), images, DepthLabels(pairs, noise=noise, seed=seed), frame)
    said = sum(len(image.annotations) for image in made.annotated)
    if people is not None:
        sheets = answer_all(made.annotated, made.depth, people, votes, seed)
        write_answers(Path(answers), sheets)
        given = sum(len(sheet.answers) for sheet in sheets.values())
        print(f"{answers}: {given:,} answers of {len(sheets)} annotators")
    write_relative_depth(Path(out), made.annotated, made.attribution)
    print(f"{out}: {said:,} pairs of {len(made.annotated):,} images")


if __name__ == "__main__":
    guarded(lambda: auto_cli(simulate_annotations))

"""The commands ``lifting relative-depth``: annotations of which joint is closer to the camera."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lifting.errors import wrong_value
from lifting.runs.folder import run_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def annotate(
    source: str,
    *,
    annotator: str = "",
    out: str = "data/depth_answers.json",
    pictures: str | None = None,
    pairs: int = 5,
    count: int | None = None,
    seed: int = 0,
    port: int = 8765,
) -> None:
    """Ask which of two joints is closer to the camera, on a page in the browser of this machine.

    Ctrl-C ends it; the same command goes on where it was left.

    Args:
        source: A clip store, a file of Leeds Sports Pose, or the folder of its images.
        annotator: Name of whoever answers; needed.
        out: The file of answers; annotators may share one.
        pictures: The folder of the images; where there are none the skeleton is drawn.
        pairs: Pairs of joints per image.
        count: How many images to ask about; all where not given.
        seed: Seed of images, pairs and their order; the same for all annotators.
        port: Port of 127.0.0.1 to listen on; 0 for any that is free.
    """
    from datamodules.relative_depth.annotation.images import load_images
    from datamodules.relative_depth.annotation.questions import ask
    from datamodules.relative_depth.annotation.server import AnnotationServer
    from datamodules.relative_depth.annotation.session import Session

    images = load_images(Path(source), None if pictures is None else Path(pictures))
    questions = ask(images, annotator, pairs, count, seed)
    session = Session(Path(out), annotator, questions, seed, pairs)
    with AnnotationServer(session, images, port) as server:
        print(f"{session.done} of {len(questions)} answered. Open {server.url}", flush=True)
        print("Ctrl-C ends it; every answer is kept at once.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"{session.done} of {len(questions)} answered, in {out}.")


def merge(
    source: str,
    *,
    answers: str = "data/depth_answers.json",
    method: str = "dawid_skene",
    out: str = "data/relative_depth.json",
) -> None:
    """Write the merged annotations, and print how far they agree.

    Args:
        source: What they were asked about, as given to `lifting relative-depth annotate`; with the poses
            of a store the report says who is right.
        answers: The file of answers, or a folder of several.
        method: dawid_skene, which weighs annotators by their skill, or majority.
        out: The file to write, in the layout of relative_depth_lsp_v1.json.
    """
    from datamodules.relative_depth.annotation.images import attribution_of, load_images
    from datamodules.relative_depth.annotation.merge import collect, merge
    from lifting.files import write_together

    names = {pair[0] for pair in collect([Path(answers)]).pairs}
    images = load_images(Path(source), names=names)
    report = merge(images, [Path(answers)], Path(out), method, attribution_of(Path(source)))
    write_together({Path(out).with_suffix(".report.txt"): f"{report}\n".encode()})
    print(report)


def simulate(
    store: str,
    *,
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
    """Make annotations from the poses of a clip store, where there is no crowd.

    Args:
        store: A clip store with poses.
        out: The file to write, in the layout of relative_depth_lsp_v1.json; half of its images are to
            train on.
        images: How many frames to take, evenly from the clips.
        pairs: Pairs of joints per image, or all.
        noise: Share of wrong labels, or crowd: as often wrong as people are. Of the labels alone.
        frame: Whose depth decides on who is right: camera, or level, that of the camera turned level.
        seed: Seed of pairs, mistakes and annotators.
        annotators: How many annotators of different skill answer the same pairs; none where not given.
        votes: How many of them answer each pair.
        answers: The file of their answers, for `lifting relative-depth merge` and `plot`.
    """
    from datamodules.relative_depth.annotation.answers import write_answers
    from datamodules.relative_depth.annotation.simulated_annotations import simulate
    from datamodules.relative_depth.annotation.simulated_annotators import (
        answer_all,
        make_annotators,
    )
    from datamodules.relative_depth.annotation_file import write_relative_depth
    from datamodules.relative_depth.labels import DepthLabels

    if not 0 <= seed < 2**32:
        raise wrong_value("seed", seed, "give a whole number from 0 to 2^32.")
    if pairs != "all" and pairs < 1:
        raise wrong_value("pairs", pairs, "give at least 1, or all.")
    if noise != "crowd" and not 0 <= noise <= 1:
        raise wrong_value("noise", noise, "give a fraction from 0 to 1, or crowd.")
    people = None if annotators is None else make_annotators(annotators, seed)
    simulated = simulate(Path(store), images, DepthLabels(pairs, noise=noise, seed=seed), frame)
    labels = sum(len(image.annotations) for image in simulated.annotated)
    if people is not None:
        sheets = answer_all(simulated.annotated, simulated.depth, people, votes, seed)
        write_answers(Path(answers), sheets)
        count = sum(len(sheet.answers) for sheet in sheets.values())
        print(f"{answers}: {count:,} answers of {len(sheets)} annotators")
    write_relative_depth(Path(out), simulated.annotated, simulated.attribution)
    print(f"{out}: {labels:,} pairs of {len(simulated.annotated):,} images")


def plot(
    annotations: str,
    *,
    source: str | None = None,
    pictures: str | None = None,
    out: str = "runs/annotations",
    experts: Sequence[str] = (),
    bin: float = 50.0,
    frame: str = "camera",
) -> None:
    """Draw the figures of a user study, and print how often people are right.

    Args:
        annotations: A file of answers, a folder of several, or a relative_depth_lsp_v1.json.
        source: What was asked about: a clip store, a file of Leeds Sports Pose, or the folder of the
            images. The poses of a store say who is right.
        pictures: The folder of the images, where it is elsewhere; without them skeletons are drawn.
        out: The folder to write the figures to.
        experts: Annotators who are no part of the crowd, but are compared with it.
        bin: Width of the bins of distance, millimetres.
        frame: Whose depth decides on who is right in figures of one frame: camera, or level, that of
            the camera turned level.
    """
    from datamodules.relative_depth.annotation.study import read_study
    from datamodules.relative_depth.annotation.study_figures import StudyFigures

    study = read_study(
        Path(annotations),
        None if source is None else Path(source),
        None if pictures is None else Path(pictures),
        experts,
    )
    figures = StudyFigures(study, bin, frame)
    for name, drawing in figures.draw():
        if isinstance(drawing, str):
            print(f"left out: {name}: {drawing}.")
        else:
            _save(drawing, Path(out) / f"{name}.png", bbox="tight")
    for line in figures.accuracies():
        print(line)


def figure(
    figure: Literal["figure_1d", "figure_4ab", "figure_4c", "figure_4d", "figure_5"],
    *,
    name: str | None = None,
) -> None:
    """Draw a figure of "It's all Relative" from the runs of its pipeline.

    Args:
        figure: Which figure.
        name: Name of the pipeline whose runs it is drawn from, if it was given one.
    """
    from lifting.cli.relative_depth_figures import FIGURES

    folder = Path(run_folder(name or f"relative_depth_{figure}"))
    for title, drawing in FIGURES[figure](folder).items():
        _save(drawing, folder / f"{title}.png")


def _save(figure: "Figure", path: Path, bbox: str | None = None) -> None:
    from lifting.viz.figures import save_figure

    save_figure(figure, path, 150, bbox, make_folder=True)
    print(path)

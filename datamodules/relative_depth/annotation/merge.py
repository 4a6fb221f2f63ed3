"""Merging the answers of several annotators into one file of relative depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datamodules.matlab import Array
from datamodules.relative_depth.annotation.aggregation import Votes, dawid_skene, majority
from datamodules.relative_depth.annotation.answers import Answer, read_answers
from datamodules.relative_depth.annotation.images import JudgedImage
from datamodules.relative_depth.annotation.report import describe
from datamodules.relative_depth.annotation_file import (
    AnnotatedImage,
    Attribution,
    DepthAnnotation,
    write_relative_depth,
)
from lifting.errors import InputError, Option, Phrase

METHODS = ("dawid_skene", "majority")
Pair = tuple[str, int, int]


@dataclass(frozen=True)
class Collected:
    """All answers, as votes on pairs.

    Attributes:
        names: The annotators.
        answers: Their answers.
        pairs: What was judged: image, and two joints in the order of ``lsp14``.
        votes: Label 1 where the second joint of the pair is nearer; answers that cannot tell are none.
    """

    names: list[str]
    answers: list[list[Answer]]
    pairs: list[Pair]
    votes: Votes


def collect(paths: Sequence[Path]) -> Collected:
    """Collect the answers of files, or of all JSON files of folders.

    Raises:
        InputError: If there are none, a file is damaged, or an annotator was asked twice.
    """
    files: list[Path] = []
    for path in paths:
        matches = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not matches:
            raise InputError("no .json in it", path, "name the files of answers.")
        files += matches
    by_name: dict[str, dict[Pair, Answer]] = {}
    for file in files:
        for name, sheet in read_answers(file).items():
            own = by_name.setdefault(name, {})
            for answer in sheet.answers:
                if answer.question.pair in own:
                    raise InputError(
                        f"'{name}' answers again what another file has", file, "leave one out."
                    )
                own[answer.question.pair] = answer
    labels = [
        (pair, person, _label(answer))
        for person, answers in enumerate(by_name.values())
        for pair, answer in answers.items()
        if answer.nearer is not None
    ]
    if not labels:
        raise InputError("no question is answered there", files[0], "answer some first.")
    pairs = sorted({pair for pair, _, _ in labels})
    number = {pair: index for index, pair in enumerate(pairs)}
    columns = np.array([(number[pair], person, label) for pair, person, label in labels]).T
    return Collected(
        list(by_name),
        [list(answers.values()) for answers in by_name.values()],
        pairs,
        Votes(*columns),
    )


def _label(answer: Answer) -> int:
    question = answer.question
    nearer = question.first if answer.nearer == "first" else question.second
    return int(nearer == max(question.first, question.second))


def merge(
    images: Sequence[JudgedImage],
    paths: Sequence[Path],
    out: Path,
    method: str = "dawid_skene",
    attribution: Attribution | None = None,
) -> str:
    """Write the merged answers as ``relative_depth_lsp_v1.json``, and report on the annotators.

    Args:
        images: The images they were asked about.
        paths: Files of answers, or folders of them.
        out: The file to write; pairs on which votes are even are left out of it.
        method: ``dawid_skene``, which weighs annotators by their skill, or ``majority``.
        attribution: Where the images come from; Leeds Sports Pose where not given.

    Returns:
        The report.

    Raises:
        InputError: If an input is wrong or an image unknown; nothing is left at ``out`` then.
    """
    if method not in METHODS:
        raise InputError(
            Phrase("{} is '{}': choose one of {}.", Option("method"), method, ", ".join(METHODS))
        )
    collected = collect(paths)
    known = {image.name: image for image in images}
    if unknown := {pair[0] for pair in collected.pairs} - set(known):
        what = f"is about image '{min(unknown)}', which is not given"
        raise InputError(what, paths[0], "name those the annotators saw.")
    estimate, skill = dawid_skene(collected.votes)
    one = majority(collected.votes) if method == "majority" else estimate
    annotations: dict[str, list[DepthAnnotation]] = {}
    for number, ((image, first, second), probability) in enumerate(
        zip(collected.pairs, one.tolist(), strict=True)
    ):
        if probability != 0.5:
            label = int(probability > 0.5)
            confidence = max(probability, 1 - probability)
            annotations.setdefault(image, []).append(
                DepthAnnotation(first, second, label, confidence, 1 - confidence, number)
            )
    write_relative_depth(
        out,
        [
            AnnotatedImage(
                f"images/{name}.jpg" if image.picture is None else f"images/{image.picture.name}",
                image.train,
                image.keypoints,
                ~image.seen,
                tuple(annotations.get(name, ())),
            )
            for name, image in known.items()
            if name in annotations
        ],
        attribution,
    )
    kept = sum(len(of_image) for of_image in annotations.values())
    lines = [f"{kept:,} of {len(one):,} pairs of {len(annotations):,} images, by {method}"]
    if kept < len(one):
        lines.append(f"left out, votes are even: {len(one) - kept:,}")
    lines += describe(
        collected.names,
        collected.answers,
        collected.votes,
        skill,
        _truth(collected.pairs, known),
        {"majority": majority(collected.votes), "dawid_skene": estimate},
    )
    return "\n".join(lines)


def _truth(pairs: Sequence[Pair], images: dict[str, JudgedImage]) -> Array:
    """Return the true label of each pair, NaN where the depth is not known."""
    truth = np.full(len(pairs), np.nan)
    for number, (image, first, second) in enumerate(pairs):
        depth = images[image].depth
        if depth is not None:
            truth[number] = depth[second] < depth[first]
    return truth

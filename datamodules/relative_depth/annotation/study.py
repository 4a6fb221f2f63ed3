"""User study on relative depth: judgements, annotators, and true depth where known.

It is read from the raw answers of annotators or from merged annotations, which hold less.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from datamodules.lsp.raw import image_file
from datamodules.matlab import Array
from datamodules.relative_depth.annotation.aggregation import Votes, dawid_skene, majority
from datamodules.relative_depth.annotation.images import FRAMES, JudgedImage, load_images
from datamodules.relative_depth.annotation.merge import Collected, Pair, collect
from datamodules.relative_depth.annotation_file import read_relative_depth
from datamodules.safe_load import load_json
from lifting.errors import InputError, Option, Phrase


@dataclass(frozen=True)
class Answers:
    """Single answers of the crowd, one row each.

    Attributes:
        names: The annotators.
        person: Number of the annotator.
        pair: Number of the pair.
        label: 1 where the second joint of the pair was judged nearer, 0 where the first was.
        swapped: Whether the second joint of the pair was the one marked green, else the first was.
    """

    names: list[str]
    person: Int[ndarray, " answers"]
    pair: Int[ndarray, " answers"]
    label: Int[ndarray, " answers"]
    swapped: Bool[ndarray, " answers"]


@dataclass(frozen=True)
class Study:
    """Judgements of relative depth. What is not known is NaN.

    Attributes:
        pairs: What was judged: image, and two joints of ``lsp14``.
        label: The judgement of each pair: 1 where its second joint is nearer, 0 where its first is.
        risk: Expected error of that.
        fraction: Fraction of the crowd's answers that are 1.
        gap: For the frames ``camera`` and ``level`` how much farther the first joint is, millimetres.
        images: The images, by name; without those that are not known.
        answers: What the annotators answered, if the file has it.
        opinions: Labels by name: of experts and of the crowd together, or of all annotators and merged;
            none where the file does not have them.
    """

    pairs: list[Pair]
    label: Float[ndarray, " pairs"]
    risk: Float[ndarray, " pairs"]
    fraction: Float[ndarray, " pairs"]
    gap: Mapping[str, Float[ndarray, " pairs"]]
    images: Mapping[str, JudgedImage]
    answers: Answers | None = None
    opinions: Mapping[str, Float[ndarray, " pairs"]] = field(default_factory=dict)


def read_study(
    path: Path,
    source: Path | None = None,
    pictures: Path | None = None,
    experts: Sequence[str] = (),
) -> Study:
    """Read raw answers, or merged annotations.

    Args:
        path: A file of answers, a folder of several, or a ``relative_depth_lsp_v1.json``.
        source: The images, see :func:`load_images`; beside annotations, which have keypoints,
            the folder of the images is enough.
        pictures: The folder of the images, where it is elsewhere.
        experts: Annotators who are no part of the crowd, but compared with it.

    Raises:
        InputError: If a file is missing, damaged or of another kind, or files do not belong together.
    """
    if not path.is_dir() and _is_annotations(path):
        if experts:
            what = "holds merged annotations, so --experts cannot be told apart"
            raise InputError(what, path, "name the file of answers.")
        return _of_annotations(path, source, pictures)
    collected = collect([path])
    images = {}
    if source is not None:
        images = _images(path, source, pictures, {pair[0] for pair in collected.pairs})
    return _of_answers(collected, images, experts, path)


def _is_annotations(path: Path) -> bool:
    content = load_json(path)
    return isinstance(content, dict) and "joint_names" in content


def _images(
    path: Path, source: Path, pictures: Path | None, names: Collection[str]
) -> dict[str, JudgedImage]:
    images = {image.name: image for image in load_images(source, pictures, names)}
    if unknown := set(names) - set(images):
        what = f"is about image '{min(unknown)}', which {source} does not have"
        raise InputError(what, path, "name what the annotators saw.")
    return images


def _of_annotations(path: Path, source: Path | None, pictures: Path | None) -> Study:
    content = read_relative_depth(path)
    if source is not None and source.is_dir():
        inside = source / "images"
        source, pictures = None, pictures or (inside if inside.is_dir() else source)
    if source is None:
        images = {
            image.name: JudgedImage(
                image.name,
                None if pictures is None else image_file(pictures, image.name),
                image.train,
                image.keypoints,
                ~image.occluded,
            )
            for image in content
            if image.annotations
        }
    else:
        images = _images(path, source, pictures, {i.name for i in content if i.annotations})
    annotated = [(image.name, a) for image in content for a in image.annotations]
    if not annotated:
        raise InputError("holds no annotation", path, "name one that does.")
    pairs = [(name, a.first, a.second) for name, a in annotated]
    # Either of the two numbers tells the other.
    risk = [1 - a.prob if a.risk is None and a.prob is not None else a.risk for _, a in annotated]
    return Study(
        pairs,
        np.array([a.label for _, a in annotated], float),
        np.array(risk, float),
        np.full(len(pairs), np.nan),
        _gaps(pairs, images),
        images,
    )


def _of_answers(
    collected: Collected, images: Mapping[str, JudgedImage], experts: Sequence[str], path: Path
) -> Study:
    names, pairs, votes = collected.names, collected.pairs, collected.votes
    if missing := [name for name in experts if name not in names]:
        raise InputError(
            Phrase(
                "{} names {}: choose from {}, who answer in {}.",
                Option("experts"),
                missing[0],
                ", ".join(names),
                path,
            )
        )
    # In the order of the votes.
    swapped = np.array(
        [
            answer.question.first > answer.question.second
            for answers in collected.answers
            for answer in answers
            if answer.nearer is not None
        ]
    )
    crowd = [name for name in names if name not in experts]
    number = np.array([crowd.index(name) if name in crowd else -1 for name in names])
    of_crowd = number[votes.annotator] >= 0
    if not of_crowd.any():
        raise InputError(
            Phrase("{} leaves nobody to be the crowd", Option("experts")), path, "name fewer."
        )
    answers = Answers(
        crowd,
        number[votes.annotator[of_crowd]],
        votes.item[of_crowd],
        votes.label[of_crowd],
        swapped[of_crowd],
    )
    one, fraction = _merged(answers, len(pairs))
    merged = np.where(one == 0.5, np.nan, (one > 0.5).astype(float))
    merged[np.isnan(one)] = np.nan
    shown = [*experts] if experts else names
    return Study(
        pairs,
        merged,
        np.minimum(one, 1 - one),
        fraction,
        _gaps(pairs, images),
        images,
        answers,
        {name: _opinion(votes, names.index(name), len(pairs)) for name in shown}
        | {"crowd" if experts else "merged": merged},
    )


def _merged(answers: Answers, pairs: int) -> tuple[Array, Array]:
    """Return the probability that a label is 1, and the fraction of the answers; NaN without any."""
    judged, item = np.unique(answers.pair, return_inverse=True)
    votes = Votes(item, answers.person, answers.label)
    one, fraction = np.full((2, pairs), np.nan)
    one[judged], fraction[judged] = dawid_skene(votes)[0], majority(votes)
    return one, fraction


def _opinion(votes: Votes, person: int, pairs: int) -> Array:
    labels = np.full(pairs, np.nan)
    own = votes.annotator == person
    labels[votes.item[own]] = votes.label[own]
    return labels


def _gaps(pairs: Sequence[Pair], images: Mapping[str, JudgedImage]) -> dict[str, Array]:
    gaps = {}
    for frame in FRAMES:
        gaps[frame] = np.full(len(pairs), np.nan)
        for number, (name, first, second) in enumerate(pairs):
            depth = images[name].depth_in(frame) if name in images else None
            if depth is not None:
                gaps[frame][number] = depth[first] - depth[second]
    return gaps

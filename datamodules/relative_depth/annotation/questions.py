"""Questions for annotators: pairs of joints, in an order of each annotator's own."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.examples.seeded_random import generator
from datamodules.relative_depth.annotation.images import JudgedImage
from lifting.errors import InputError, wrong_value


@dataclass(frozen=True)
class Question:
    """Which of two joints is closer to the camera?

    Attributes:
        image: Name of the image.
        first: The joint of ``lsp14`` that is marked green.
        second: The one that is marked pink.
    """

    image: str
    first: int
    second: int

    @property
    def pair(self) -> tuple[str, int, int]:
        """Image and joints, whichever of them is green."""
        return self.image, min(self.first, self.second), max(self.first, self.second)


def ask(
    images: Sequence[JudgedImage],
    annotator: str,
    pairs: int = 5,
    count: int | None = None,
    seed: int = 0,
) -> list[Question]:
    """Return the questions for an annotator.

    Images and pairs depend on the seed alone, so that annotators can be compared; their order, and which
    joint is green, on the annotator too, so that a habit of choosing one colour is no habit of choosing
    one joint. The questions of an image follow one another.

    Args:
        images: All images.
        annotator: Name of the annotator.
        pairs: Pairs per image.
        count: How many images to ask about; all where not given.
        seed: Seed of the questions.

    Raises:
        InputError: If there is nothing to ask.
    """
    for option, value in (("pairs", pairs), ("count", count)):
        if value is not None and value < 1:
            raise wrong_value(option, value, "give at least 1.")
    usable = [image for image in images if image.seen.sum() > 1]
    if not usable:
        raise InputError("Not one image has two joints that are seen: there is nothing to ask.")
    drawn = np.random.default_rng(seed).permutation(len(usable))[:count]
    person = generator(seed, annotator)
    questions = []
    for index in person.permutation(drawn):
        image = usable[index]
        # A generator of its own, so that an image has the same pairs whatever others there are.
        own = generator(seed, image.name)
        all_pairs = list(itertools.combinations(np.flatnonzero(image.seen).tolist(), 2))
        for number in person.permutation(own.permutation(len(all_pairs))[:pairs]):
            first, second = all_pairs[number]
            if person.random() < 0.5:
                first, second = second, first
            questions.append(Question(image.name, first, second))
    return questions

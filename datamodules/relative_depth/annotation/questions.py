"""Which pairs of joints an annotator is asked about, and in which order."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.examples.seeded_random import generator
from datamodules.relative_depth.annotation.images import JudgedImage
from lifting.errors import InputError


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
        """What is asked, whichever joint is green."""
        return self.image, min(self.first, self.second), max(self.first, self.second)


def ask(
    images: Sequence[JudgedImage],
    annotator: str,
    pairs: int = 5,
    count: int | None = None,
    seed: int = 0,
) -> list[Question]:
    """Return the questions for an annotator.

    Which images and pairs are asked about depends on the seed alone, so that annotators can be held
    against one another; their order, and which joint is green, on the annotator too, so that a habit
    of choosing one colour is no habit of choosing one joint. The questions of an image follow one
    another.

    Args:
        images: All images.
        annotator: Name of the annotator.
        pairs: Pairs per image.
        count: How many images to ask about; all where not given.
        seed: Seed of all that is drawn.

    Raises:
        InputError: If there is nothing to ask.
    """
    for option, value in (("pairs", pairs), ("count", count)):
        if value is not None and value < 1:
            raise InputError(f"--{option} is {value}: give at least 1.")
    asked = [image for image in images if image.seen.sum() > 1]
    if not asked:
        raise InputError("Not one image has two joints that are seen: there is nothing to ask.")
    drawn = np.random.default_rng(seed).permutation(len(asked))[:count]
    person = generator(seed, annotator)
    questions = []
    for index in person.permutation(drawn):
        image = asked[index]
        # Of its own numbers, so that an image has the same pairs whatever others there are.
        draws = generator(seed, image.name)
        all_pairs = list(itertools.combinations(np.flatnonzero(image.seen).tolist(), 2))
        for place in person.permutation(draws.permutation(len(all_pairs))[:pairs]):
            first, second = all_pairs[place]
            if person.random() < 0.5:
                first, second = second, first
            questions.append(Question(image.name, first, second))
    return questions

"""Simulated annotators, each with an acuity and a favourite colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.matlab import Array
from datamodules.relative_depth.annotation.answers import Answer, Sheet
from datamodules.relative_depth.annotation.questions import Question
from datamodules.relative_depth.annotation_file import AnnotatedImage
from lifting.errors import wrong_value

# The published crowd is certain of joints 400 mm apart; the best annotator from half of that, the worst
# from twice as much.
_CERTAIN_FROM_MM, _SPREAD = 400.0, 2.0
# Largest fraction of answers that are the favourite colour, whatever the image shows.
_HABIT = 0.3
# Logarithm of the seconds an answer takes: mean and standard deviation.
_SECONDS = 1.0, 0.5
_TIME = "2000-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class SimulatedAnnotator:
    """A simulated annotator.

    Attributes:
        name: Their name.
        certain_from: Distance of joints from which on answers are right, millimetres; below, the
            probability falls linearly to a half.
        habit: Fraction of questions that are answered with the favourite colour unseen.
        favourite: ``first`` (green) or ``second`` (pink).
    """

    name: str
    certain_from: float
    habit: float
    favourite: str

    def right(self, gap: float) -> float:
        """Return the probability of a right answer on joints whose depths differ by a gap, mm."""
        return min(0.5 + 0.5 * gap / self.certain_from, 1.0)


def make_annotators(count: int, seed: int = 0) -> list[SimulatedAnnotator]:
    """Return annotators of decreasing acuity.

    Raises:
        InputError: If there is to be none.
    """
    if count < 1:
        raise wrong_value("annotators", count, "give at least 1, or leave it out.")
    rng = np.random.default_rng([seed, 0])
    exponents = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    return [
        SimulatedAnnotator(
            f"annotator_{number:0{len(str(count))}}",
            float(_CERTAIN_FROM_MM * _SPREAD**exponent),
            float(rng.uniform(0, _HABIT)),
            str(rng.choice(["first", "second"])),
        )
        for number, exponent in enumerate(exponents, 1)
    ]


def answer_all(
    images: Sequence[AnnotatedImage],
    depth: Mapping[str, Array],
    annotators: Sequence[SimulatedAnnotator],
    votes: int,
    seed: int = 0,
) -> dict[str, Sheet]:
    """Return what annotators answer to all pairs of joints that the images have annotations of.

    About each pair as many are asked as there are votes. Who is right is decided by the depth of the
    joints by image, millimetres, not by the labels.

    Raises:
        InputError: If nobody is to be asked.
    """
    if votes < 1:
        raise wrong_value("votes", votes, "give at least 1.")
    rng = np.random.default_rng([seed, 1])
    most = max((len(image.annotations) for image in images), default=0)
    sheets = {annotator.name: Sheet(seed, most) for annotator in annotators}
    for image in images:
        of = depth[image.name]
        for annotation in image.annotations:
            for person in rng.permutation(len(annotators))[:votes]:
                ends = [annotation.first, annotation.second]
                green, pink = ends if rng.random() < 0.5 else reversed(ends)
                annotator = annotators[person]
                nearer = _nearer(annotator, float(of[green] - of[pink]), rng)
                seconds = round(float(rng.lognormal(*_SECONDS)), 3)
                answer = Answer(Question(image.name, green, pink), nearer, seconds, _TIME)
                sheets[annotator.name].answers.append(answer)
    return sheets


def _nearer(annotator: SimulatedAnnotator, gap: float, rng: np.random.Generator) -> str:
    """Return the answer to joints of which the first is farther by the gap."""
    if rng.random() < annotator.habit:
        return annotator.favourite
    truth, other = ("second", "first") if gap > 0 else ("first", "second")
    return truth if rng.random() < annotator.right(abs(gap)) else other

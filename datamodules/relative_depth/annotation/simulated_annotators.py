"""Annotators made up: each with eyes and a habit of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datamodules.matlab import Array
from datamodules.relative_depth.annotation.answers import Answer, Sheet
from datamodules.relative_depth.annotation.questions import Question
from datamodules.relative_depth.annotation_file import AnnotatedImage
from lifting.errors import InputError

# The published crowd is sure of joints 400 mm apart; the best annotator from half of that, the worst
# from twice as much.
_SURE_FROM_MM, _SPREAD = 400.0, 2.0
# Largest share of answers in which one does not look, and chooses one's favourite colour.
_HABIT = 0.3
# Logarithm of the seconds an answer takes: its mean and its deviation.
_SECONDS = 1.0, 0.5
_TIME = "2000-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class SimulatedAnnotator:
    """Somebody who judges depth.

    Attributes:
        name: Their name.
        sure_from: Distance of joints from which on they are sure, millimetres; nearer ones they tell
            apart with a probability that grows from a half in proportion.
        habit: Share of questions to which they answer with their favourite colour unseen.
        favourite: ``first`` (green) or ``second`` (pink).
    """

    name: str
    sure_from: float
    habit: float
    favourite: str

    def right(self, gap: float) -> float:
        """Return how probable a right answer is where they look.

        Args:
            gap: Distance of the joints along the axis of depth, millimetres.
        """
        return min(0.5 + 0.5 * gap / self.sure_from, 1.0)


def make_annotators(count: int, seed: int = 0) -> list[SimulatedAnnotator]:
    """Return annotators from the best to the worst eyes.

    Raises:
        InputError: If there is to be none.
    """
    if count < 1:
        raise InputError(f"--annotators is {count}: give at least 1, or leave it out.")
    draws = np.random.default_rng([seed, 0])
    exponents = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    return [
        SimulatedAnnotator(
            f"annotator_{number:0{len(str(count))}}",
            float(_SURE_FROM_MM * _SPREAD**exponent),
            float(draws.uniform(0, _HABIT)),
            str(draws.choice(["first", "second"])),
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

    Args:
        images: The images; what their annotations say does not count.
        depth: For each image the depth of its joints, millimetres, which decides on who is right.
        annotators: Who may be asked.
        votes: How many of them are asked about each pair; all where there are fewer.
        seed: Seed of who is asked, of the colours, and of the answers.

    Raises:
        InputError: If nobody is to be asked.
    """
    if votes < 1:
        raise InputError(f"--votes is {votes}: give at least 1.")
    draws = np.random.default_rng([seed, 1])
    most = max((len(image.annotations) for image in images), default=0)
    sheets = {annotator.name: Sheet(seed, most) for annotator in annotators}
    for image in images:
        of = depth[image.name]
        for annotation in image.annotations:
            for person in draws.permutation(len(annotators))[:votes]:
                ends = [annotation.first, annotation.second]
                green, pink = ends if draws.random() < 0.5 else reversed(ends)
                annotator = annotators[person]
                nearer = _nearer(annotator, float(of[green] - of[pink]), draws)
                seconds = round(float(draws.lognormal(*_SECONDS)), 3)
                answer = Answer(Question(image.name, green, pink), nearer, seconds, _TIME)
                sheets[annotator.name].answers.append(answer)
    return sheets


def _nearer(annotator: SimulatedAnnotator, gap: float, draws: np.random.Generator) -> str:
    """Return the answer to joints of which the first is farther by the gap."""
    if draws.random() < annotator.habit:
        return annotator.favourite
    truth, other = ("second", "first") if gap > 0 else ("first", "second")
    return truth if draws.random() < annotator.right(abs(gap)) else other

"""Figures of a user study on relative depth."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from matplotlib.figure import Figure

from datamodules.crops.pixels import read_image
from datamodules.matlab import Array
from datamodules.relative_depth.annotation.images import FRAMES
from datamodules.relative_depth.annotation.measures import (
    agreement_matrix,
    by_group,
    colour_skill,
    mean_in_bins,
    right,
    risk_curve,
)
from datamodules.relative_depth.annotation.study import Answers, Study
from datamodules.relative_depth.labels import DepthLabels
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.skeletons import skeleton
from lifting.viz import annotations as viz

_JOINTS = skeleton("lsp14")
# Images in a row, and annotators in the matrix.
_SHOWN, _MAX_ANNOTATORS = 5, 15
# Bins with a smaller fraction of all pairs or answers are not drawn.
_MIN_FRACTION = 0.002
_TITLES = {"camera": "the camera's frame", "level": "the level camera's frame"}


class _LeftOutError(Exception):
    """The reason why a figure is not drawn."""


def _need(there: object, reason: str) -> None:
    if not there:
        raise _LeftOutError(reason)


class StudyFigures:
    """Figures of a study.

    Args:
        study: The study.
        width: Width of the bins of distance, millimetres.
        frame: ``camera`` or ``level``: whose depth decides on who is right, in figures of one frame.

    Raises:
        InputError: If the width or the frame is none.
    """

    def __init__(self, study: Study, width: float = 50.0, frame: str = "camera") -> None:
        if not width > 0:
            raise wrong_value("bin", f"{width:g}", "give millimetres above 0.")
        if frame not in FRAMES:
            raise InputError(
                Phrase("{} is '{}': choose one of {}.", Option("frame"), frame, ", ".join(FRAMES))
            )
        self.study, self.width = study, width
        self._gap = study.gap[frame]

    def draw(self) -> Iterator[tuple[str, Figure | str]]:
        """Yield the name of each figure, and the figure or why it is left out."""
        figures: tuple[Callable[[], Figure], ...] = (
            self.easiest_and_hardest,
            self.risk_curve,
            self.image_difficulty,
            self.true_distance,
            self.risk_against_distance,
            self.annotators_skill,
            self.annotators_bias,
            self.accuracy_against_distance,
            self.annotators_accuracy,
            self.expert_agreement,
        )
        for figure in figures:
            try:
                yield figure.__name__, figure()
            except _LeftOutError as reason:
                yield figure.__name__, str(reason)

    def easiest_and_hardest(self) -> Figure:
        """Images by the mean risk of their pairs, with the least and the most risky pair marked."""
        _need(self.study.images, "where the joints are is not known; give --source")
        names, difficulty = self._difficulty()
        order = [i for i in np.argsort(difficulty, kind="stable") if not np.isnan(difficulty[i])]
        rows = {
            "easiest": [
                self._shown(names[i], float(difficulty[i]), np.nanargmin) for i in order[:_SHOWN]
            ],
            "hardest": [
                self._shown(names[i], float(difficulty[i]), np.nanargmax)
                for i in order[::-1][:_SHOWN]
            ],
        }
        return viz.image_figure(rows, _JOINTS)

    def _shown(
        self, name: str, difficulty: float, choose: Callable[[Array], np.intp]
    ) -> viz.MarkedImage:
        study = self.study
        own = [number for number, pair in enumerate(study.pairs) if pair[0] == name]
        number = own[int(choose(study.risk[own]))]
        _, first, second = study.pairs[number]
        image = study.images[name]
        nearer = {0.0: "green nearer", 1.0: "pink nearer"}.get(study.label[number], "undecided")
        correct = right(study.label, self._gap)[number]
        verdict = "" if np.isnan(correct) else " (right)" if correct else " (wrong)"
        return viz.MarkedImage(
            None if image.picture is None else read_image(image.picture),
            image.keypoints,
            image.seen,
            first,
            second,
            f"risk {difficulty:.1%}, this pair {study.risk[number]:.1%}\n{nearer}{verdict}",
        )

    def risk_curve(self) -> Figure:
        """Error of the labels that are kept."""
        self._need_risk()
        return viz.risk_figure(*risk_curve(self.study.risk, right(self.study.label, self._gap)))

    def image_difficulty(self) -> Figure:
        """Images by the mean risk of their pairs."""
        difficulty = self._difficulty()[1]
        known = {"images": difficulty[~np.isnan(difficulty)]}
        return viz.histogram_figure(known, "mean risk of an image's pairs", "images", percent=True)

    def true_distance(self) -> Figure:
        """True distances of the joints in questions."""
        distances = {f: np.abs(self.study.gap[f]) / 10 for f in self._known_frames()}
        there = {_TITLES[f]: values[~np.isnan(values)] for f, values in distances.items()}
        return viz.histogram_figure(there, "true distance in depth [cm]", "pairs")

    def risk_against_distance(self) -> Figure:
        """Risk over true distance."""
        self._need_risk()
        risk, panels = self.study.risk, {}
        for frame in self._known_frames():
            distance = np.abs(self.study.gap[frame])
            curve = mean_in_bins(risk, distance, self.width, _MIN_FRACTION)
            panels[_TITLES[frame]] = distance, curve
        return viz.risk_distance_figure(panels, risk)

    def annotators_skill(self) -> Figure:
        """True-positive against true-negative rate."""
        answers, pink, truth, reference = self._by_colour()
        people = len(answers.names)
        positive, negative, _ = colour_skill(pink, truth, answers.person, people)
        _need(np.isfinite(positive + negative).any(), "nobody was asked about both colours")
        count = np.bincount(answers.person, minlength=people)
        return viz.skill_figure(positive, negative, count, reference)

    def annotators_bias(self) -> Figure:
        """Bias of annotators to a colour."""
        answers, pink, truth, reference = self._by_colour()
        bias = colour_skill(pink, truth, answers.person, len(answers.names))[2]
        _need(np.isfinite(bias).any(), "no pair has a label that answers could be compared with")
        return viz.bias_figure(answers.names, bias, reference)

    def accuracy_against_distance(self) -> Figure:
        """Fraction of right answers over true distance."""
        panels = {
            _TITLES[frame]: {
                kind: mean_in_bins(*values, self.width, _MIN_FRACTION)
                for kind, values in self._judgements(frame).items()
            }
            for frame in self._known_frames()
        }
        farthest = max(curve[0][-1] for series in panels.values() for curve in series.values())
        gap = np.linspace(0, farthest + self.width / 2, 200)
        model = 1 - DepthLabels(noise="crowd").wrong(torch.from_numpy(gap)).numpy()
        return viz.accuracy_figure(panels, (gap, model))

    def annotators_accuracy(self) -> Figure:
        """Fraction of right answers by annotator."""
        answers = self._answers()
        known = {}
        for frame in self._known_frames():
            correct = self._judgements(frame)["single answers"][0]
            rate = by_group(correct, answers.person, len(answers.names))
            known[_TITLES[frame]] = rate[~np.isnan(rate)]
        label = "right answers of an annotator"
        return viz.histogram_figure(known, label, "annotators", percent=True)

    def expert_agreement(self) -> Figure:
        """Agreement of every two annotators."""
        self._answers()
        opinions = self.study.opinions
        _need(len(opinions) > 2, "there is one annotator only")
        many = f"there are more than {_MAX_ANNOTATORS} annotators; name some with --experts"
        _need(len(opinions) <= _MAX_ANNOTATORS + 1, many)
        return viz.agreement_figure(list(opinions), *agreement_matrix(list(opinions.values())))

    def accuracies(self) -> list[str]:
        """Return how many judgements are right, a line for each frame in which that is known."""
        lines = []
        for frame in FRAMES:
            parts = []
            for kind, (correct, _) in self._judgements(frame).items():
                known = correct[~np.isnan(correct)]
                if len(known):
                    parts.append(f"{known.mean():.1%} of {len(known):,} {kind}")
            if parts:
                lines.append(f"right in {_TITLES[frame]}: {', '.join(parts)}")
        return lines

    def _need_risk(self) -> None:
        known = not np.isnan(self.study.risk).all()
        _need(known, "the annotations have neither risk nor prob")

    def _known_frames(self) -> list[str]:
        known = [frame for frame in FRAMES if self._judged_in(frame)]
        _need(known, "true depth is not known; give --source, a store with poses")
        return known

    def _judged_in(self, frame: str) -> bool:
        return any((~np.isnan(correct)).any() for correct, _ in self._judgements(frame).values())

    def _answers(self) -> Answers:
        answers = self.study.answers
        _need(answers, "merged annotations do not say who answered what")
        assert answers is not None
        return answers

    def _difficulty(self) -> tuple[list[str], Array]:
        """Return the images and the mean risk of their pairs."""
        self._need_risk()
        names = sorted({pair[0] for pair in self.study.pairs})
        number = {name: index for index, name in enumerate(names)}
        group = np.array([number[pair[0]] for pair in self.study.pairs])
        return names, by_group(self.study.risk, group, len(names))

    def _by_colour(self) -> tuple[Answers, Array, Array, str]:
        """Return single answers as 1 where pink is nearer, what they should be, and by what."""
        answers = self._answers()
        truth, reference = self.study.label, "what is merged"
        if not np.isnan(self._gap).all():
            truth, reference = np.where(self._gap == 0, np.nan, self._gap > 0), "the poses"
            truth[np.isnan(self._gap)] = np.nan
        # Where green marks the second joint of the pair, pink marks the first.
        pink, right_pink = answers.label.astype(float), truth[answers.pair]
        pink = np.where(answers.swapped, 1 - pink, pink)
        return answers, pink, np.where(answers.swapped, 1 - right_pink, right_pink), reference

    def _judgements(self, frame: str) -> dict[str, tuple[Array, Array]]:
        """Return whether judgements are right, and the distance of their joints, by kind."""
        study, gap = self.study, self.study.gap[frame]
        kinds = {}
        if study.answers is not None:
            of_answers = gap[study.answers.pair]
            label = study.answers.label.astype(float)
            kinds["single answers"] = right(label, of_answers), np.abs(of_answers)
            even = np.isnan(study.fraction) | (study.fraction == 0.5)
            label = np.where(even, np.nan, study.fraction > 0.5)
            kinds["majority"] = right(label, gap), np.abs(gap)
        kinds["merged"] = right(study.label, gap), np.abs(gap)
        return kinds

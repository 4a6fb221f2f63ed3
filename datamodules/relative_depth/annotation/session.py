"""Session of an annotator: next question, answer, undo."""

from collections.abc import Sequence
from pathlib import Path

from datamodules.relative_depth.annotation.answers import (
    CHOICES,
    Answer,
    Sheet,
    locked,
    read_answers,
    write_answers,
)
from datamodules.relative_depth.annotation.questions import Question
from lifting.errors import InputError, Option, Phrase


class Session:
    """Asks an annotator the open questions, and saves every answer at once.

    The file is the truth: it is read and written anew with each answer, so several annotators may
    share one.

    Args:
        path: The file of answers; begun if it is not there.
        annotator: Name of the annotator.
        questions: All that is to be asked.
        seed: Seed of the questions.
        pairs: Pairs per image.

    Raises:
        InputError: If the name is empty, the file is damaged or cannot be written, or the annotator
            began with another seed or number of pairs.
    """

    def __init__(
        self, path: Path, annotator: str, questions: Sequence[Question], seed: int, pairs: int
    ) -> None:
        if not annotator.strip():
            raise InputError(Phrase("{} is empty: give a name.", Option("annotator")))
        self.path = path
        self.annotator = annotator
        self.questions = list(questions)
        self._fresh = Sheet(seed, pairs)
        with locked(path):
            sheets = self._read()
            sheet = sheets[annotator]
            if (sheet.seed, sheet.pairs) != (seed, pairs):
                what = f"'{annotator}' began with --seed {sheet.seed} --pairs {sheet.pairs}"
                raise InputError(what, path, "give these, or another name.")
            write_answers(path, sheets)
        self._answered = {answer.question.pair for answer in sheet.answers}

    def _read(self) -> dict[str, Sheet]:
        sheets = read_answers(self.path) if self.path.exists() else {}
        sheets.setdefault(self.annotator, Sheet(self._fresh.seed, self._fresh.pairs))
        return sheets

    @property
    def done(self) -> int:
        """Number of these questions that are answered."""
        return sum(question.pair in self._answered for question in self.questions)

    def current(self) -> int | None:
        """Return the number of the next question, or None where all are answered."""
        for number, question in enumerate(self.questions):
            if question.pair not in self._answered:
                return number
        return None

    def answer(self, number: int, nearer: str | None, seconds: float) -> bool:
        """Save an answer to a question; return whether the question was the current one."""
        if nearer not in CHOICES:
            raise ValueError(f"no such answer: {nearer!r}")
        with locked(self.path):
            sheets = self._read()
            own = sheets[self.annotator].answers
            self._answered = {answer.question.pair for answer in own}
            if number != self.current():
                return False
            own.append(Answer(self.questions[number], nearer, round(seconds, 3)))
            write_answers(self.path, sheets)
            self._answered.add(self.questions[number].pair)
        return True

    def undo(self) -> bool:
        """Take the last answer back; return whether there was one."""
        with locked(self.path):
            sheets = self._read()
            own = sheets[self.annotator].answers
            self._answered = {answer.question.pair for answer in own}
            if not own:
                return False
            self._answered.remove(own.pop().question.pair)
            write_answers(self.path, sheets)
        return True

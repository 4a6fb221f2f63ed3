"""Entry of the registry of metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec

from torch import Tensor

from lifting.skeletons import Skeleton

P = ParamSpec("P")


@dataclass(frozen=True)
class Metric(Generic[P]):
    """An entry of the registry.

    Attributes:
        name: Column of ``test.csv``, and logged as ``val/<name>`` and ``test/<name>``. An entry such as
            ``mpjpe_<lifter>`` stands for all columns that begin so and have none of their own.
        unit: Of its values.
        explanation: What is measured, in one sentence.
        function: Gives one value per frame, joint or person of a pair; none where the evaluation that
            names the metric computes it from more than pairs.
        higher_is_better: Whether more of it is better; None where neither is.
        order: Of a metric of motion, the order of the difference over frames.
        needs: What it takes of a joint set; it is left out where this returns None.
        validation: Measured during training, too.
        console: In the table that a test prints.
        card: In the model card.
        headline: Its curve is among those that a report does not fold away.
        title: What people call it, shown instead of the name; the name in words where not given. In that
            of ``mpjpe_<lifter>``, ``<lifter>`` stands for the end of the column.
    """

    name: str
    unit: str
    explanation: str
    function: Callable[P, Tensor] | None = None
    higher_is_better: bool | None = False
    order: int = 0
    needs: Callable[[Skeleton], object] | None = None
    validation: bool = False
    console: bool = True
    card: bool = False
    headline: bool = False
    title: str = ""

    def __post_init__(self) -> None:
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " "))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Tensor:
        """Return the values of a pair."""
        assert self.function is not None, self.name
        return self.function(*args, **kwargs)

    @property
    def arrow(self) -> str:
        """The direction that is better, a dash for none."""
        if self.higher_is_better is None:
            return "–"
        return "↑" if self.higher_is_better else "↓"

    def suits(self, joints: Skeleton) -> bool:
        """Return whether a joint set has what the metric needs."""
        return self.needs is None or self.needs(joints) is not None

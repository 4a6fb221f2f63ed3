"""Mean and standard deviation of what several runs measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Self


@dataclass(frozen=True)
class Spread:
    """Mean of several numbers and their standard deviation, that of a sample; None of a single one."""

    mean: float
    sd: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return that of one number or more.

        Example:
            >>> Spread.of([1.0, 2.0, 3.0])
            Spread(mean=2.0, sd=1.0)
        """
        return cls(mean(values), stdev(values) if len(values) > 1 else None)

    def text(self, digits: int) -> str:
        """Return it for people.

        Example:
            >>> Spread(2.0, 1.0).text(2), Spread(2.0, None).text(1)
            ('2.00 ± 1.00', '2.0')
        """
        deviation = "" if self.sd is None else f" ± {self.sd:.{digits}f}"
        return f"{self.mean:.{digits}f}{deviation}"

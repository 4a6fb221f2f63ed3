"""Table of the networks of a method and their parameters."""

from typing import Any

from lightning.pytorch.callbacks import ModelSummary
from lightning.pytorch.utilities.model_summary.model_summary import get_human_readable_count
from rich.console import Console
from rich.table import Table


class NetworkTable(ModelSummary):
    """Prints the parts of a method and their parameters as a training begins.

    Operations are counted only where the method names an example input.
    """

    @staticmethod
    def summarize(
        summary_data: list[tuple[str, list[str]]],
        total_parameters: int,
        trainable_parameters: int,
        model_size: float,
        total_training_modes: dict[str, int],
        total_flops: int,
        **summarize_kwargs: Any,
    ) -> None:
        """Print the table."""
        columns = [(n, cells) for n, cells in summary_data if n != "FLOPs" or total_flops]
        table = Table()
        for name, _ in columns:
            table.add_column(name, justify="right" if name in ("Params", "FLOPs") else "left")
        for row in zip(*(cells for _, cells in columns), strict=True):
            table.add_row(*row)
        trained = get_human_readable_count(trainable_parameters).strip()
        fixed = get_human_readable_count(total_parameters - trainable_parameters).strip()
        console = Console(highlight=False)
        console.print(table)
        console.print(f"{trained} parameters are trained, {fixed} are not.")

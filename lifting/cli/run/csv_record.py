"""CSV of what a run logs, whose rows stay whole on a full disk."""

import os
from contextlib import suppress
from pathlib import Path

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.loggers.csv_logs import ExperimentWriter

from lifting.files import beside


class _Writer(ExperimentWriter):
    """Lightning's writer, which appends rows, and writes the file again for every new column."""

    def save(self) -> None:
        """Append the rows that have come, or leave the file as it was."""
        path = Path(self.metrics_file_path)
        size = path.stat().st_size if path.is_file() else 0
        try:
            super().save()
        except OSError:
            # It is called once more at the end, and would go on in the midst of a row.
            with suppress(OSError):
                os.truncate(path, size)
                if not size:
                    path.unlink()
            raise

    def _rewrite_with_new_header(self, fieldnames: list[str]) -> None:
        path = self.metrics_file_path
        with beside(Path(path)) as partial:
            partial.write_bytes(Path(path).read_bytes())
            self.metrics_file_path = str(partial)
            try:
                super()._rewrite_with_new_header(fieldnames)
            finally:
                self.metrics_file_path = path


class CSVRecord(CSVLogger):
    """CSVLogger whose file is whole at every moment, but for a last row that a kill cuts short."""

    @property
    @rank_zero_experiment
    def experiment(self) -> ExperimentWriter:
        """The writer, which makes its folder when this is first asked for."""
        if self._experiment is None:
            os.makedirs(self.root_dir, exist_ok=True)
            self._experiment = _Writer(log_dir=self.log_dir)
        return self._experiment  # type: ignore[return-value]

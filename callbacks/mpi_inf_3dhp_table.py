"""Official table of MPI-INF-3DHP: PCK and AUC by activity and by sequence."""

from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_only

from callbacks.action_table import print_table, table_rows, write_csv
from lifting.batch import PoseBatch
from lifting.geometry import in_float64
from lifting.methods.bases.lifter import Lifter
from lifting.metrics import FrameEvaluation
from lifting.metrics.mpi_inf_3dhp import COLUMNS, frame_scores


class MPIINF3DHPTable(Callback):
    """Writes ``mpi_inf_3dhp.csv`` into the folder of a run when it is tested, and prints its totals.

    A row per activity, per sequence and for all frames, a column per group of joints and their total, as
    the owners' evaluation has them. It lifts the test frames once more.
    """

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to count; there is nothing to count where nothing is lifted."""
        data = trainer.datamodule  # type: ignore[attr-defined]
        self.skeleton = data.pose_skeleton
        self.evaluations = [
            FrameEvaluation(names, COLUMNS, grouping="group").to(pl_module.device)
            for names in (data.actions, data.subjects["test"])
            if isinstance(pl_module, Lifter)
        ]

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: object,
        batch: PoseBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Add the frames of a batch."""
        if not isinstance(pl_module, Lifter):
            return
        valid = batch["valid"]
        with trainer.precision_plugin.forward_context():
            pred = pl_module.lift(batch)[valid]
        target = pl_module.target(batch)[valid]
        values = frame_scores(in_float64(pred), in_float64(target), self.skeleton)
        columns = dict(zip(COLUMNS, values.unbind(-1), strict=True))
        for evaluation, group in zip(
            self.evaluations, (batch["action"], batch["subject"]), strict=True
        ):
            evaluation.add(columns, group[:, None].expand_as(valid)[valid])

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the table."""
        if not self.evaluations:
            return
        by_action, by_subject = (evaluation.compute() for evaluation in self.evaluations)
        # The last two rows of a table are averages.
        *actions, _, total = table_rows(by_action)
        rows = [*actions, total | {"group": "All"}, *table_rows(by_subject)[:-2]]
        # Every process holds the same synchronised numbers.
        official = {
            f"official_{name}": by_action.frame_mean[f"{name}_Total"] for name in ("pck", "auc")
        }
        pl_module.log_dict({f"test/{name}": v for name, v in official.items()}, sync_dist=True)
        _report(rows, Path(trainer.default_root_dir) / "mpi_inf_3dhp.csv")


@rank_zero_only
def _report(rows: list[dict[str, object]], path: Path) -> None:
    write_csv(path, rows)
    print_table(rows, "MPI-INF-3DHP's evaluation, 14 joints")

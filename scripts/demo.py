"""The whole way on the synthetic human: generate, train, test, and a page to look at.

python scripts/demo.py

A second run reuses the data and the trained model.
"""

from pathlib import Path

import torch
from jsonargparse import auto_cli

from callbacks.action_table import table_rows
from lifting.cli import LiftingCLI, run, run_folder
from lifting.errors import guarded
from lifting.metrics.functional import mpjpe
from lifting.skeletons import skeleton
from lifting.viz.page import Sample, write_page

CONFIGS = ("base", "data/synthetic", "supervised/simple_baseline", "demo")


def demo(name: str = "demo", wandb: str = "disabled") -> None:
    """Train SimpleBaseline for about a minute on the synthetic human, test it and show it.

    Args:
        name: Name of the run.
        wandb: Whether Weights & Biases records it: disabled, offline or online.
    """
    configs = [option for c in CONFIGS for option in ("-c", f"experiments/{c}.yaml")]
    common = ["--run", name, "--wandb", wandb]
    run(["fit", *configs, *common, "--ckpt_path", "last"])
    tested = run(["test", *common])
    page = Path(run_folder(name)) / "index.html"
    keypoints = skeleton(tested.model.hparams["keypoint_skeleton"])
    poses = skeleton(tested.model.hparams["skeleton"])
    write_page(
        page,
        title="Lifting 2D keypoints to 3D: the synthetic human",
        intro="SimpleBaseline, trained for about a minute on four procedural subjects, selected on "
        "a fifth and tested on two others. Errors in millimetres, PCK and AUC in percent.",
        folder=page.parent,
        rows=table_rows(tested.model.test_result),
        samples=_samples(tested),
        keypoint_joints=keypoints,
        pose_joints=poses,
    )
    print(f"Open {page.resolve()} in a browser.")


@torch.no_grad()
def _samples(cli: LiftingCLI, count: int = 6) -> list[Sample]:
    bank = cli.datamodule.bank("test")
    model = cli.model.cpu().eval()
    bank.to(model.device)
    batch = bank.batch(bank.rows[torch.linspace(0, len(bank) - 1, count).long()])
    predicted, truth = model.lift(batch)[:, 0], model.target(batch)[:, 0]
    errors = mpjpe(predicted, truth).tolist()
    keys = [bank.keys[clip] for clip in batch["clip"].tolist()]
    return [
        Sample(
            title=f"{key.subject} {key.sequence}, camera {key.camera}: {error:.0f} mm",
            keypoints=batch["keypoints"][i, 0].numpy(),
            predicted=predicted[i].numpy(),
            truth=truth[i].numpy(),
        )
        for i, (key, error) in enumerate(zip(keys, errors, strict=True))
    ]


if __name__ == "__main__":
    guarded(lambda: auto_cli(demo))

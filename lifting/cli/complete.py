"""The command ``lifting complete``: completion of hidden keypoints by a flow, measured on a store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lifting.errors import InputError, wrong_value

if TYPE_CHECKING:
    from datamodules.base import PoseDataModule
    from lifting.inference.flow_completion import FlowCompletion

# Poses that are completed at a time: as many chains as draws of each.
AT_A_TIME = 256
COLUMNS = {
    "pa_mpjpe": "PA-MPJPE",
    "pa_mpjpe_hidden": "of the hidden joints",
    "n_mpjpe_hidden": "N-MPJPE of these",
    "one": "PA-MPJPE of the hidden joints, one draw",
    "best": "the best draw",
    "spread": "spread",
    "nll": "NLL",
}


def measure(completion: "FlowCompletion", data: "PoseDataModule") -> dict[str, dict[str, float]]:
    """Return means over the frames of the test, by the case of occlusion and the column.

    The mean of the hypotheses is judged, and beside it one of them, the best of them by the truth, and
    their spread.

    Args:
        completion: Lifter and flow.
        data: The frames, set up for a test.

    Raises:
        InputError: If there are no poses to judge by.
    """
    import torch

    from lifting.geometry import in_float64
    from lifting.metrics.evaluation import completion_errors
    from lifting.skeletons import skeleton
    from lifting.skeletons.occlusion import CASES

    joints = skeleton(completion.lifter.hparams["skeleton"])
    sums: dict[str, dict[str, float]] = {}
    count = 0
    for named in data.ordered("test"):
        batch = data.on_after_batch_transfer(named, 0)
        if "pose" not in batch:
            raise InputError("The store has no 3D poses to judge completion by: name another.")
        valid = batch["valid"][:, 0]
        keypoints, camera = batch["keypoints"][valid][:, 0], batch["camera"][valid]
        target = in_float64(completion.lifter.target(batch)[valid][:, 0])
        count += len(target)
        for case in CASES:
            hidden = case.completed(joints)
            for begin in range(0, len(keypoints) if hidden else 0, AT_A_TIME):
                rows = torch.arange(begin, min(begin + AT_A_TIME, len(keypoints)))
                done = completion.complete(keypoints[rows], hidden, camera[rows])
                errors = completion_errors(in_float64(done.mean), target[rows], hidden)
                each = [
                    completion_errors(in_float64(done.pose[:, draw]), target[rows], hidden)
                    for draw in range(completion.draws)
                ]
                of_draws = torch.stack([error["pa_mpjpe_hidden"] for error in each])
                errors |= {"one": of_draws[0], "best": of_draws.min(0).values}
                errors |= {"spread": done.spread[:, hidden].mean(1), "nll": done.nll.mean(1)}
                into = sums.setdefault(case.name, dict.fromkeys(COLUMNS, 0.0))
                for name in COLUMNS:
                    into[name] += errors[name].double().sum().item()
    return {case: {name: s / count for name, s in row.items()} for case, row in sums.items()}


def complete(
    *,
    lifter: str,
    flow: str,
    store: str,
    subjects: Sequence[str],
    source: str = "gt",
    frames: str = "every64",
    draws: int = 16,
    steps: int = 20,
    seed: int = 0,
) -> None:
    """Hide joints, draw them from a flow given the others, lift every draw, and print the errors.

    Args:
        lifter: Checkpoint of a lifter of single frames, such as ElePose.
        flow: Checkpoint of a flow over the full pose (PoseFlows).
        store: The clip store.
        subjects: Subjects to test on, such as '[S9, S11]'.
        source: 2D source of the store.
        frames: Which of their frames: all, or every<N>.
        draws: Draws of each pose; their mean is the prediction.
        steps: Steps of the chains that draw.
        seed: Seed of the draws.
    """
    for option, value in {"draws": draws, "steps": steps}.items():
        if value < 1:
            raise wrong_value(option, value, "give at least 1.")
    from datamodules.base import PoseDataModule
    from lifting.inference.flow_completion import FlowCompletion
    from lifting.methods import Lifter, PoseFlows
    from lifting.methods.bases.checkpointed import load_frozen

    trained = load_frozen(lifter, Lifter)
    completion = FlowCompletion(trained, load_frozen(flow, PoseFlows), draws, steps, seed)
    joints = {name: trained.hparams[name] for name in ("keypoint_skeleton", "skeleton")}
    data = PoseDataModule(
        store,
        source=source,
        keypoint_skeleton=joints["keypoint_skeleton"],
        pose_skeleton=joints["skeleton"],
        test_subjects=list(subjects),
        test_frames=frames,
    )
    data.prepare_data()
    data.setup("test")
    print(f"| hidden | {' | '.join(COLUMNS.values())} |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for case, row in measure(completion, data).items():
        print(f"| {case.replace('_', ' ')} | {' | '.join(f'{row[n]:.1f}' for n in COLUMNS)} |")

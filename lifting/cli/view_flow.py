"""Flows over 2D poses as a picture: what they decode again, around, anew and in between."""

from pathlib import Path

import numpy as np
import torch

from datamodules.examples.subject_datamodule import evenly
from lifting.errors import InputError, did_you_mean
from lifting.inference.saved_predictions import data_of_run
from lifting.methods import PoseFlows
from lifting.methods.bases.checkpointed import load_frozen
from lifting.nets.latent_walk import LatentWalk, latent_walk
from lifting.runs.folder import CONFIG
from lifting.skeletons import skeleton
from lifting.viz.figures import save_figure
from lifting.viz.latent import latent_figure

# Test poses that are encoded, spread evenly over all.
POSES = 6


def view_flow(folder: Path, out: Path | None, part: str | None) -> str:
    """Draw what a flow of a run makes of some test poses, and say in a line what is where.

    Args:
        folder: Folder of the run.
        out: The picture; in the folder's ``pictures`` where not given.
        part: The part of the pose, such as ``legs``; the first of the run where not given.

    Raises:
        InputError: If there is no such part, the picture does not end in .png, or the run has no
            checkpoint or data.
    """
    if out is not None and out.suffix.lower() != ".png":
        raise InputError("a flow is shown as a picture", out, "choose a name that ends in .png.")
    flows = load_frozen(folder / "checkpoints/best.ckpt", PoseFlows)
    known = list(flows.hparams["parts"])
    name = known[0] if part is None else part
    if name not in known:
        meant = did_you_mean(name, known) or f"it has {', '.join(known)}."
        raise InputError(f"has no flow over {name}", folder, meant)
    data = data_of_run(folder / CONFIG)
    data.setup("test")
    bank = data.bank("test")
    batch = flows.into_view(bank.batch(evenly(bank.rows, POSES)))
    vectors = flows.part(flows.head_scale(batch["keypoints"][:, 0]), name).unflatten(1, (-1, 2))
    h, generator = flows.hparams, torch.Generator().manual_seed(0)
    walk = latent_walk(flows.flow(name), vectors, h["noise"], h["noise_kind"], generator=generator)
    joints = skeleton(h["keypoint_skeleton"])
    whole = LatentWalk(*(_placed(x, flows.joints[name], len(joints)) for x in walk))
    title = f"{folder.name}, {name}: {h['noise_kind']} latent noise of {h['noise']}"
    path = folder / f"pictures/latent_{name}.png" if out is None else out
    path.parent.mkdir(parents=True, exist_ok=True)
    save_figure(latent_figure(*whole, joints, title), path)
    return f"{POSES} test poses in the latent space of {name} in {path}"


def _placed(poses: np.ndarray, joints: list[int], count: int) -> np.ndarray:
    """Return poses of a part as poses of all joints, of which the others are NaN."""
    placed = np.full((*poses.shape[:-2], count, 2), np.nan, poses.dtype)
    placed[..., joints, :] = poses
    return placed

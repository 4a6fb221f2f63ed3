"""Page of the demo: pictures, tables and videos of a pipeline of LInKs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from datamodules.examples.bank import PoseBank
from datamodules.examples.subject_datamodule import evenly
from lifting.batch import PoseBatch
from lifting.geometry import similarity_alignment
from lifting.inference.defaults import LIFTER
from lifting.inference.prediction import lift
from lifting.inference.saved_predictions import data_of_run
from lifting.methods import OcclusionCompletion, PoseFlows
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.lifter import Lifter
from lifting.metrics.functional import pa_mpjpe
from lifting.metrics.registry import title
from lifting.nets.latent_walk import latent_walk
from lifting.nets.part_lifters import FULL
from lifting.pipeline import Pipeline
from lifting.reporting.tables import in_words
from lifting.runs.folder import read_curves, read_table
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES, Status
from lifting.viz.figures import save_figure
from lifting.viz.latent import latent_figure
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack
from lifting.viz.video import write_rotation

JOINTS = skeleton("h36m17")


@torch.no_grad()
def write_demo_page(plan: Pipeline, best: Mapping[str, Path]) -> Path:
    """Write pictures, a video and the page of a finished pipeline.

    Args:
        plan: The pipeline.
        best: Its checkpoints, by stage.

    Returns:
        The page.
    """
    method = load_frozen(best["occlusion"], OcclusionCompletion)
    data = data_of_run(plan.stages["occlusion"].folder / "config.yaml")
    data.prepare_data()
    data.setup("test")
    bank = data.bank("test")
    batch = bank.batch(evenly(bank.rows, 8)[1:-1])
    pictures = plan.folder / "pictures"
    pictures.mkdir(exist_ok=True)
    completed, hidden = _occlusions(method, batch)
    moving = _clip(bank)
    save_figure(completed, pictures / "occlusion.png")
    latent = _latent(best["full_flow"], batch)
    save_figure(latent, pictures / "latent.png")
    _write_rotation(pictures / "rotation.mp4", method, moving)
    media: list[tuple[str, Path | Figure]] = [
        ("Completion: what is hidden is dashed.", completed),
        ("What the flow over full 2D poses has learnt.", latent),
        ("Every frame of a clip, lifted; the truth in grey.", pictures / "rotation.mp4"),
    ]
    titles = {
        "left_right": "LInKs, left and right",
        "leg_torso": "LInKs, legs and torso",
        "occlusion": "Completion, by what is hidden",
    }
    measured = {t: in_words(read_table(plan.stages[s].folder)) for s, t in titles.items()}
    page = plan.folder / "index.html"
    write_page(
        page,
        title=f"LInKs: {plan.name}",
        intro="Lifting 2D keypoints to 3D, learnt from 2D poses and the bone proportions of an "
        "average person alone. Selected on one subject and tested on two others. Each pose is shown "
        "after the similarity that fits it best to the true one: from 2D poses nobody can tell how "
        f"large a person is. “{LIFTER}” comes with the suite and has learnt from 3D poses, those of "
        "generated people among them.",
        clips=[_side_by_side(best, method, moving), hidden],
        tables={t: rows for t, (rows, _) in measured.items()},
        terms={name: text for _, terms in measured.values() for name, text in terms.items()},
        curves=read_curves(plan.stages["leg_torso"].folder),
        media=media,
    )
    return page


@dataclass(frozen=True)
class _Moving:
    """Frames of one clip."""

    name: str
    fps: float
    batch: PoseBatch


def _clip(bank: PoseBank) -> _Moving:
    clip = len(bank.keys) // 2
    key = bank.keys[clip]
    rows = (bank.clip == clip).nonzero().flatten()[:250]
    return _Moving(f"{key.subject} {key.sequence}", key.fps, bank.batch(rows))


def _side_by_side(best: Mapping[str, Path], method: OcclusionCompletion, moving: _Moving) -> Clip:
    """Lift a clip by each pair of parts, by all, as shipped, and with an arm that is not seen."""
    keypoints = moving.batch["keypoints"][:, 0]
    lifters = {"left, right": "left_right", "legs, torso": "leg_torso"}
    truth = method.target(moving.batch)[:, 0]
    lifted = {
        name: load_frozen(best[stage], Lifter).lift(moving.batch)[:, 0]
        for name, stage in lifters.items()
    }
    lifted["all parts"] = method.lift(moving.batch)[:, 0]
    lifted[LIFTER] = _by_shipped(moving)
    tracks = [PoseTrack(name, _fitted(poses, truth), JOINTS) for name, poses in lifted.items()]
    visible = torch.ones(keypoints.shape[:2], dtype=torch.bool)
    visible[:, JOINTS.part("left_arm")] = False
    done = method.complete(keypoints, visible)
    known = (done.status != Status.COMPLETED).numpy()
    tracks.append(PoseTrack("left arm hidden", _fitted(done.pose, truth), JOINTS, known))
    true = PoseTrack("truth", truth.numpy(), JOINTS)
    return Clip(moving.name, tracks, moving.fps, true, keypoints.numpy(), JOINTS, aligned=True)


def _by_shipped(moving: _Moving) -> torch.Tensor:
    """Return root-relative poses by the lifter that comes with the suite."""
    batch = moving.batch
    lifted = lift(
        batch["keypoints"][:, 0].numpy(),
        LIFTER,
        skeleton=JOINTS.name,
        camera=batch["camera"][0],
        fps=moving.fps,
        device="cpu",
    )
    return torch.from_numpy(lifted.pose)


def _fitted(poses: torch.Tensor, truth: torch.Tensor) -> np.ndarray:
    """Return poses after the similarity that fits each best to the true one."""
    return similarity_alignment(poses.double(), truth.double())(poses.double()).float().numpy()


def _occlusions(method: OcclusionCompletion, batch: PoseBatch) -> tuple[Figure, Clip]:
    """Hide another part of each pose."""
    keypoints, truth = batch["keypoints"][:, 0], method.target(batch)[:, 0]
    cases = [CASES[i % len(CASES)] for i in (0, 1, 4, 5, 6, 8)]
    visible = torch.ones(keypoints.shape[:2], dtype=torch.bool)
    for row, case in zip(visible, cases, strict=True):
        row[case.completed(JOINTS)] = False
    done = method.complete(keypoints, visible)
    errors = pa_mpjpe(done.pose, truth).tolist()
    names = [
        "whole" if case.name == "none" else f"{case.name.replace('_', ' ')} hidden"
        for case in cases
    ]
    titles = [
        f"{name}\n{title('pa_mpjpe')} {error:.0f} mm"
        for name, error in zip(names, errors, strict=True)
    ]
    points, seen, status, true = (x.numpy() for x in (keypoints, visible, done.status, truth))
    poses = _fitted(done.pose, truth)
    figure = occlusion_figure(points, seen, poses, status, true, JOINTS, JOINTS, titles)
    clip = Clip(
        "What is hidden is completed",
        [PoseTrack("completion", poses, JOINTS, status != Status.COMPLETED)],
        fps=1.0,
        truth=PoseTrack("truth", true, JOINTS),
        keypoints=np.where(seen[..., None], points, np.nan),
        notes=names,
        aligned=True,
    )
    return figure, clip


def _latent(checkpoint: Path, batch: PoseBatch) -> Figure:
    flows = load_frozen(checkpoint, PoseFlows)
    poses = flows.head_scale(batch["keypoints"][:, 0])
    noise, kind = flows.hparams["noise"], flows.hparams["noise_kind"]
    generator = torch.Generator().manual_seed(0)
    walk = latent_walk(flows.flow(FULL), poses, noise, kind, generator=generator)
    return latent_figure(*walk, JOINTS, f"{kind} latent noise of {noise}")


def _write_rotation(path: Path, method: OcclusionCompletion, moving: _Moving) -> None:
    truth = method.target(moving.batch)[:, 0]
    write_rotation(
        path,
        _fitted(method.lift(moving.batch)[:, 0], truth),
        truth.numpy(),
        JOINTS,
        moving.batch["keypoints"][:, 0].numpy(),
        fps=moving.fps,
        title=moving.name,
    )

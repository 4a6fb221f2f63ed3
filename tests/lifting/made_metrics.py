"""Poses with errors, and references written frame by frame."""

import math

import numpy as np
import scipy.linalg
import scipy.optimize
import torch
from scipy.spatial.transform import Rotation


def poses(frames=12, seed=0, noise=60.0, dtype=torch.float64):
    """Root-relative targets and predictions that are turned, scaled and noisy copies of them."""
    rng = np.random.default_rng(seed)
    target = 300 * rng.normal(size=(frames, 17, 3))
    turn = Rotation.from_rotvec(0.3 * rng.normal(size=(frames, 3))).as_matrix()
    pred = rng.uniform(0.7, 1.3, (frames, 1, 1)) * np.einsum("nij,nkj->nki", turn, target)
    pred += noise * rng.normal(size=pred.shape)
    target, pred = target - target[:, :1], pred - pred[:, :1]
    return torch.from_numpy(pred).to(dtype), torch.from_numpy(target).to(dtype)


def distances(pred, target):
    """Per-joint errors by nested loops."""
    pairs = [zip(p, t, strict=True) for p, t in zip(pred.tolist(), target.tolist(), strict=True)]
    return np.array([[math.dist(a, b) for a, b in frame] for frame in pairs])


def aligned(pred, target, reflection=False):
    """Similarity alignment, pose by pose, with scipy's solvers."""
    moved = []
    for p, t in zip(pred.numpy(), target.numpy(), strict=True):
        a, b = p - p.mean(0), t - t.mean(0)
        if reflection:
            turned = a @ scipy.linalg.orthogonal_procrustes(a, b)[0]
        else:
            turned = Rotation.align_vectors(b, a)[0].apply(a)
        moved.append((b * turned).sum() / (turned**2).sum() * turned + t.mean(0))
    return torch.from_numpy(np.stack(moved))


def differences(x, order):
    """Differences over frames by the definition: v_t = x_t - x_(t-1), a_t = v_t - v_(t-1)."""
    for _ in range(order):
        x = np.stack([x[t] - x[t - 1] for t in range(1, len(x))])
    return torch.from_numpy(x)


def recording(seed=0):
    """Frames of clips of 1, 2, 3 and 10 frames, the last with gaps; each clip in one action."""
    pred, target = poses(frames=16, seed=seed)
    pred[4:6, :, 2] *= -1
    clip = torch.tensor([0, 1, 1, 2, 2, 2] + 10 * [3])
    frame = torch.tensor([0, 0, 1, 0, 1, 2, 0, 1, 2, 4, 6, 7, 8, 9, 11, 12])
    return pred, target, clip, frame, torch.tensor([0, 2, 0, 2])[clip]


def steps(pred, target, clip, frame, order):
    """(last frame's index, error) of each run of neighbouring frames, by a loop."""
    found = []
    for last in range(order, len(frame)):
        run = range(last - order, last + 1)
        if all(clip[i] == clip[last] and frame[i] == frame[last] - (last - i) for i in run):
            p, t = (differences(x[list(run)].numpy(), order) for x in (pred, target))
            found.append((last, distances(p, t).mean()))
    return found


def correct_poses(pred, target):
    worst = distances(aligned(pred, target), target).max(1)
    return sum((worst <= i).astype(float) for i in range(301))


# The value of each frame by an independent way, of every metric of single frames.
PER_FRAME = {
    "mpjpe": lambda p, t: distances(p, t).mean(1),
    "pa_mpjpe": lambda p, t: distances(aligned(p, t), t).mean(1),
    "pa_mpjpe_reflection": lambda p, t: distances(aligned(p, t, True), t).mean(1),
    "mirrored": lambda p, t: (
        100.0
        * (distances(aligned(p, t, True), t).mean(1) < distances(aligned(p, t), t).mean(1) - 1e-9)
    ),
    "n_mpjpe": lambda p, t: distances(
        p * ((p * t).sum((1, 2)) / (p * p).sum((1, 2)))[:, None, None], t
    ).mean(1),
    "n_mpjpe_norm_ratio": lambda p, t: distances(
        p * ((t * t).sum((1, 2)) / (p * p).sum((1, 2))).sqrt()[:, None, None], t
    ).mean(1),
    "pck": lambda p, t: 100 * (distances(p, t) < 150).mean(1),
    "auc": lambda p, t: np.mean(
        [100 * (distances(p, t) < 5 * i).mean(1) for i in range(31)], axis=0
    ),
    "cps": correct_poses,
}

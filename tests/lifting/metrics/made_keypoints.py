"""People with keypoints, and references written joint by joint."""

import math

import numpy as np
import torch

from lifting.skeletons import skeleton

# COCO's own numbers, as on the page of its evaluation.
COCO_CONSTANTS = [
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
    *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
]
# The joints of MPII that its mean leaves out, and the ends of its head, by index.
MPII_TRUNK, MPII_HEAD = (6, 7), (9, 8)


def people(joints="coco17", count=12, seed=0, noise=0.04):
    """Return prediction, confidence, truth, visibility and box of people of very different sizes.

    A fifth of the joints is not labelled, and may be anywhere; of the last person none is labelled.
    """
    rng = np.random.default_rng(seed)
    size = rng.uniform(30, 400, (count, 1, 1)) * np.array([0.4, 1.0])
    corner = rng.uniform(0, 500, (count, 1, 2))
    target = corner + rng.uniform(0, 1, (count, len(skeleton(joints)), 2)) * size
    spread = noise * size.max(-1, keepdims=True) * rng.lognormal(0, 1, (*target.shape[:2], 1))
    pred = target + spread * rng.normal(size=target.shape)
    visibility = rng.choice([0, 1, 2], target.shape[:2], p=[0.2, 0.2, 0.6])
    visibility[-1] = 0
    target[visibility == 0] = rng.uniform(-1e4, 1e4, ((visibility == 0).sum(), 2))
    box = np.concatenate([corner, corner + size], -1)[:, 0]
    confidence = rng.uniform(0, 1, target.shape[:2])
    found = [torch.from_numpy(x) for x in (pred, confidence, target, visibility, box)]
    found[3] = found[3].to(torch.uint8)
    return tuple(found)


def per_joint(pred, target, counted, limit=None, inclusive=False):
    """Return the distances, or 100 and 0 by a limit per person, of joints that count; NaN elsewhere."""
    values = np.full(counted.shape, math.nan)
    for n, k in zip(*np.nonzero(np.asarray(counted)), strict=True):
        distance = math.dist(pred[n, k].tolist(), target[n, k].tolist())
        if limit is None:
            values[n, k] = distance
        elif not math.isnan(limit[n]):
            near = distance <= limit[n] if inclusive else distance < limit[n]
            values[n, k] = 100.0 * near
    return values


def lengths(target, labelled, first, second):
    """Return the distance of two joints of each person; NaN where one is not labelled."""
    return [
        math.dist(t[first], t[second]) if seen[first] and seen[second] else math.nan
        for t, seen in zip(target.tolist(), labelled.tolist(), strict=True)
    ]


def similarities(pred, target, labelled, area, constants):
    """Return OKS by the formula of COCO's page; NaN of people with nothing labelled."""
    found = []
    for p, t, seen, a in zip(pred, target, labelled, area, strict=True):
        terms = [
            math.exp(-(math.dist(p[k].tolist(), t[k].tolist()) ** 2) / (2 * a * (2 * s) ** 2))
            for k, s in enumerate(constants)
            if seen[k]
        ]
        found.append(sum(terms) / len(terms) if terms else math.nan)
    return found

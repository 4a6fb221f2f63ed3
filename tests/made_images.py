"""A batch of people on images, with crops that are turned and mirrored."""

from typing import Any

import torch

from lifting.cameras import Camera, nominal_camera
from lifting.imaging.crops import crop_affine, fit_aspect

SIZE = (64, 96)


def image_batch(count: int = 4, posed: bool = True) -> dict[str, Any]:
    """Return noise with labels: one joint in four is not labelled, one crop in two is mirrored."""
    box = torch.tensor([100.0, 200.0, 300.0, 600.0]).expand(count, 4)
    centre, scale = fit_aspect(box, SIZE)
    affine = crop_affine(
        centre, scale, SIZE, 0.4 * torch.rand(count) - 0.2, torch.arange(count) % 2 == 1
    )
    inside = 0.8 * torch.rand(count, 17, 2) + 0.1
    visibility = (2 * (torch.rand(count, 17) > 0.25)).byte()
    visibility[:, :2] = 2
    batch = {
        "image": torch.randn(count, 3, SIZE[1], SIZE[0]),
        "affine": affine,
        "keypoints": box[:, None, :2] + inside * (box[:, None, 2:] - box[:, None, :2]),
        "visibility": visibility,
        "box": box,
        "camera": Camera.stack([nominal_camera(1000.0, 900.0)] * count).to(torch.float32),
        **{name: torch.zeros(count, dtype=torch.long) for name in ("action", "clip", "frame")},
        "example": torch.arange(count),
    }
    if posed:
        batch["pose"] = 300 * torch.randn(count, 1, 17, 3) + torch.tensor([0, 0, 4000.0])
        batch["posed"] = torch.ones(count, dtype=torch.bool)
    return batch

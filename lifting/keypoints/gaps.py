"""Keypoints that are missing in some frames, filled in from other frames."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor


def fill_gaps(
    keypoints: Float[Tensor, "frames K 2"], seen: Bool[Tensor, "frames K"]
) -> Float[Tensor, "frames K 2"]:
    """Interpolate keypoints (pixels) over time, joint by joint, where they are not seen.

    Before the first and after the last frame in which a joint is seen, it stays where it was seen. A
    joint that is seen in no frame becomes NaN.

    Example:
        >>> one = torch.tensor([[[0.0, 0.0]], [[9.0, 9.0]], [[4.0, 2.0]]])
        >>> fill_gaps(one, torch.tensor([[True], [False], [True]]))[1].tolist()
        [[2.0, 1.0]]
    """
    points, known = keypoints.double().numpy().copy(), seen.numpy()
    frames = np.arange(len(points))
    for joint in np.flatnonzero(~known.all(0)):
        there = frames[known[:, joint]]
        for axis in range(2):
            column = points[:, joint, axis]
            column[:] = np.interp(frames, there, column[there]) if len(there) else np.nan
    return torch.from_numpy(points).to(keypoints)

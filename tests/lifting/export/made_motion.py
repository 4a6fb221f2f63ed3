"""Motion of a made-up person."""

import numpy as np

from lifting.export.motion import Motion
from lifting.skeletons import skeleton


def motion(joint_set="h36m17", frames=5, seed=0, first=7, **changes):
    """Somebody whose joints are anywhere, 3 m before the camera; one joint of one frame is not known."""
    rng = np.random.default_rng(seed)
    joints = len(skeleton(joint_set))
    pose = rng.normal(0, 400, (frames, joints, 3)).astype(np.float32)
    known = rng.uniform(size=(frames, joints)) < 0.7
    pose[1, 3], known[1, 3] = np.nan, False
    trajectory = rng.normal([200, 100, 3000], 50, (frames, 3)).astype(np.float32)
    values = {"fps": 25.0, "trajectory": trajectory, "skeleton": joint_set} | changes
    return Motion(f"person{seed}", np.arange(first, first + frames), pose, known, **values)

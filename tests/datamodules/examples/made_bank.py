"""A bank of a procedural person who is seen by level and tilted cameras, z up in the world."""

import torch

from datamodules.examples.bank import LoadedClip, PoseBank
from datamodules.store.clips import ClipKey
from datamodules.store.virtual_cameras import draw_rig
from datamodules.synthetic.procedural.clips import generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.skeletons import skeleton

H36M = skeleton("h36m17")
ACTIONS = ("Walking", "Sitting", "Greeting")


def worlds(frames=40):
    """World poses of one clip an action, float64."""
    return [
        torch.from_numpy(generate_sequence(0, "S1", action, frames)).double() for action in ACTIONS
    ]


def made_bank(windows, frames=40, only=None):
    """All frames of all clips, or of those with these numbers."""
    clips = []
    for number, world in enumerate(worlds(frames)):
        (camera,) = draw_rig(0, ACTIONS[number], world.numpy(), 1)
        pose = world_to_camera(world, camera)
        points = torch.cat([project(pose, camera), torch.ones_like(pose[..., :1])], -1)
        clips.append(
            LoadedClip(
                key=ClipKey("S1", ACTIONS[number], ACTIONS[number], "view0", 30.0, frames),
                camera=camera,
                keypoints=points.float(),
                pose=pose.float(),
                selected=torch.ones(frames, dtype=torch.bool),
                frames=torch.arange(frames),
            )
        )
    kept = clips if only is None else [clips[i] for i in only]
    return PoseBank(kept, windows, H36M, H36M, list(ACTIONS), ["S1"])

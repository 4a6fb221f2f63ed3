"""Random virtual cameras: every example is seen by a camera of its own, drawn anew in every epoch.

The world of a clip, z up, is recovered through the camera that it was stored with. In it the body gets
other proportions, moves faster or slower, and is looked at from another side. Each number is a function
of seed, epoch, clip and frame.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from datamodules.examples.bank import PoseBank
from datamodules.examples.seeded_random import uniform
from lifting.batch import PoseBatch
from lifting.cameras import TANGENTIAL_GAIN, Camera, camera_to_world
from lifting.errors import InputError
from lifting.geometry import compose, mirror, rotate, rotation_x, rotation_z
from lifting.skeletons import Skeleton, convert
from lifting.windows import Windows

# Joint sets of keypoints and of poses.
Joints = tuple[Skeleton, Skeleton]

# Pictures of telephones, upright and lying, wide and less wide: width and height, pixels.
_SIZES = ((1920.0, 1080.0), (1080.0, 1920.0), (1440.0, 1080.0), (1080.0, 1440.0))

# Half the width and height of a person, millimetres, and the part of the picture by which the root may
# come nearer to the edge than that.
_HALF_PERSON = (400.0, 850.0)
_OVER_EDGE = 0.1

# No joint comes closer to the camera, millimetres.
_NEAREST = 500.0

# Numbers drawn for a view: two for the elevation, two for the roll, and one each for azimuth, distance,
# focal length, picture, both directions off the axis, and speed; those of the bones follow.
_DRAWN = 11

# Rounding to float32 must not make 1 of what is below.
_BELOW_ONE = 1 - 2**-24

# Frames that are seen at once to get statistics.
_AT_ONCE = 65_536


class Examples(NamedTuple):
    """Examples of a bank, to be looked at.

    Attributes:
        bank: The poses.
        rows: Rows at which the chunks of the examples start, see :meth:`PoseBank.batch`.
        joints: Joint sets of keypoints and poses.
        flip: Examples to mirror; none where not given.
        epoch: Another epoch, other views.
    """

    bank: PoseBank
    rows: Int[Tensor, " B"]
    joints: Joints
    flip: Bool[Tensor, " B"] | None = None
    epoch: int = 0


@dataclass(frozen=True)
class RandomViews:
    """Ranges that cameras, proportions and speeds are drawn from.

    Attributes:
        elevation: Lowest and highest angle, degrees, at which the person is looked down at; those in
            the middle are the most frequent (triangular distribution).
        distance: Least and greatest distance of the root, millimetres; nearer ones are more frequent
            (uniform in the logarithm).
        roll: Standard deviation of the angle by which the camera is held askew, degrees.
        focal: Least and greatest focal length, of the picture's longer side.
        off_axis: How far from the middle of the picture the person may be: 0 there, 1 up to the edges.
        bones: Greatest change of a bone's length, as a part of it; left and right change alike.
        speed: Slowest and fastest playback, 1 as recorded (uniform in the logarithm).
        each: Whether every ``example`` has a view of its own, or every ``clip``, which a camera then
            follows without turning, as errors of velocity need it.
        seed: Seed of all that is drawn.

    Raises:
        InputError: If a range is none.
    """

    elevation: tuple[float, float] = (-30.0, 45.0)
    distance: tuple[float, float] = (2300.0, 9000.0)
    roll: float = 3.5
    focal: tuple[float, float] = (0.65, 1.35)
    off_axis: float = 1.0
    bones: float = 0.1
    speed: tuple[float, float] = (0.6, 1.6)
    each: Literal["example", "clip"] = "example"
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "elevation": (*self.elevation, -89, 89),
            "distance": (*self.distance, 2 * _NEAREST, math.inf),
            "focal": (*self.focal, 0.1, 100),
            "speed": (*self.speed, 0.01, 100),
            "roll": (self.roll, self.roll, 0, 180),
            "off_axis": (self.off_axis, self.off_axis, 0, 1),
            "bones": (self.bones, self.bones, 0, 0.5),
        }
        for name, (low, high, least, most) in limits.items():
            if not least <= low <= high <= most:
                given = f"{low:g}" if low == high else f"{low:g} to {high:g}"
                what = f"The {name} of random views is {given}"
                raise InputError(f"{what}: give a range within {least:g} and {most:g}.")

    def batch(self, examples: Examples) -> PoseBatch:
        """Gather examples, each seen by a camera of its own.

        Keypoints are exact projections, of confidence 1; those outside the picture too.

        Raises:
            InputError: If there are no poses, or the keypoints cannot be derived from them.
        """
        batch = examples.bank.batch(examples.rows)
        view = self._view(examples, examples.bank.windows)
        batch["keypoints"], batch["pose"], batch["camera"] = view[:3]
        batch["confidence"] = torch.ones_like(batch["confidence"])
        batch["valid"] &= view.inside
        return batch

    def single_frames(
        self, bank: PoseBank, joints: Joints
    ) -> tuple[Float[Tensor, "N K 2"], Float[Tensor, "N J 3"]]:
        """Return keypoints and poses of the selected frames as they are seen in the first epoch."""
        views = [
            self._view(Examples(bank, rows, joints), Windows())
            for rows in bank.selected.nonzero().squeeze(-1).split(_AT_ONCE)
        ]
        keypoints = torch.cat([view.keypoints[:, 0] for view in views])
        return keypoints, torch.cat([view.pose[:, 0] for view in views])

    def _view(self, examples: Examples, windows: Windows) -> "View":
        """Return windows of examples as they are seen; see :meth:`batch`."""
        bank, rows, joints, flip, epoch = examples
        if bank.pose is None:
            raise InputError("Random views need 3D poses, and there are none: leave them out.")
        clip = bank.clip[rows]
        frame = bank.frame[rows] if self.each == "example" else torch.zeros_like(rows)
        shape = joints[1]
        count = torch.arange(_DRAWN + len(shape), device=rows.device)
        now = torch.tensor(epoch, device=rows.device)
        drawn = uniform(self.seed, bank.digest[clip][:, None], frame[:, None], now, count)
        drawn = drawn.float().clamp_max(_BELOW_ONE).to(rows.device)
        pose, inside = self._played(bank, rows, drawn[:, 10], windows)
        world = camera_to_world(pose.flatten(1, 2), bank.camera[clip]).view_as(pose)
        if flip is not None:
            world = torch.where(flip[:, None, None, None], mirror(world, shape.mirror), world)
        world = self._proportioned(world, shape, drawn[:, _DRAWN:])
        context = windows.left // windows.dilation
        middle = world[:, context + (windows.chunk - 1) // 2, shape.root]
        seen, camera = self._looked_at(world, middle, drawn)
        keypoints = convert(seen, shape.name, joints[0].name)
        keypoints = keypoints[..., :2] / keypoints[..., 2:]
        keypoints = keypoints * camera.focal[:, None, None] + camera.principal[:, None, None]
        outputs = slice(context, context + windows.chunk)
        return View(keypoints, seen[:, outputs], camera, inside[:, outputs])

    def _played(
        self, bank: PoseBank, rows: Tensor, drawn: Tensor, windows: Windows
    ) -> tuple[Float[Tensor, "B T J 3"], Bool[Tensor, "B T"]]:
        """Return windows at another speed, and which of their frames lie inside the clip."""
        assert bank.pose is not None
        clip = bank.clip[rows]
        begin, last = bank.begin[clip][:, None], bank.end[clip][:, None] - 1
        steps = torch.arange(windows.length, device=rows.device) * windows.dilation - windows.left
        if self.speed == (1.0, 1.0):
            row = rows[:, None] + steps
            inside = (begin <= row) & (row <= last)
            return bank.pose[row.clamp(begin, last)], inside
        # Rows are too large for fractions of them in float32.
        offset = _log_uniform(*self.speed, drawn)[:, None] * steps
        whole = offset.floor()
        row = rows[:, None] + whole.long()
        part = (offset - whole)[..., None, None]
        low, high = bank.pose[row.clamp(begin, last)], bank.pose[(row + 1).clamp(begin, last)]
        return torch.lerp(low, high, part), (begin <= row) & (row <= last)

    def _proportioned(self, world: Tensor, joints: Skeleton, drawn: Tensor) -> Tensor:
        """Return poses with other lengths of bones, every joint at the end of its new chain."""
        if not self.bones:
            return world
        places = list(world.unbind(-2))
        for parent, child in _outwards(joints):
            # Both sides alike.
            part = drawn[:, min(child, joints.mirror[child])]
            factor = (1 + self.bones * (2 * part - 1))[:, None, None]
            step = world[:, :, child] - world[:, :, parent]
            places[child] = places[parent] + factor * step
        return torch.stack(places, -2)

    def _looked_at(
        self, world: Tensor, middle: Float[Tensor, "B 3"], drawn: Tensor
    ) -> tuple[Float[Tensor, "B T J 3"], Camera]:
        """Return poses in the frames of cameras that see their middle at the drawn angles."""
        size = torch.tensor(_SIZES, device=world.device)[(drawn[:, 7] * len(_SIZES)).long()]
        focal = _between(*self.focal, drawn[:, 6]) * size.amax(-1)
        distance = _log_uniform(*self.distance, drawn[:, 5])
        elevation = torch.deg2rad(_between(*self.elevation, (drawn[:, 0] + drawn[:, 1]) / 2))
        azimuth = 2 * math.pi * drawn[:, 4]
        # Box and Muller; 1 - u is never 0.
        radius = (-2 * (1 - drawn[:, 2]).log()).sqrt()
        roll = math.radians(self.roll) * radius * (2 * math.pi * drawn[:, 3]).cos()
        half = size / (2 * focal[:, None])
        person = torch.tensor(_HALF_PERSON, device=world.device) / distance[:, None]
        room = self.off_axis * ((half - person).clamp_min(0) + _OVER_EDGE * half)
        right, below = (room * (2 * drawn[:, 8:10] - 1)).atan().unbind(-1)

        # The ray from the camera to the person, and a level camera that the person is to the right of.
        flat = elevation.cos()
        ray = -torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), elevation.sin()], -1)
        level = _level(azimuth + math.pi + right)
        rotation = compose(rotation_z(roll), rotation_x(elevation - below), level)
        place = distance[:, None] * rotate(ray[:, None], rotation)[:, 0]
        relative = (world - middle[:, None, None]).flatten(1, 2)
        seen = rotate(relative, rotation) + place[:, None]
        back = (_NEAREST - seen[..., 2].amin(-1)).clamp_min(0)
        away = torch.stack([torch.zeros_like(back), torch.zeros_like(back), back], -1)
        position = middle - rotate((place + away)[:, None], rotation.mT)[:, 0]
        nothing = torch.zeros_like(middle)
        camera = Camera(
            focal=focal[:, None].expand(-1, 2),
            principal=size / 2,
            radial=nothing,
            tangential=nothing[:, :2],
            tangential_gain=torch.full_like(focal, TANGENTIAL_GAIN["opencv"]),
            size=size,
            rotation=rotation,
            position=position,
        )
        return (seen + away[:, None]).view_as(world), camera


class View(NamedTuple):
    """Keypoints, poses of the output frames, cameras, and which of these frames the clip has."""

    keypoints: Float[Tensor, "B T K 2"]
    pose: Float[Tensor, "B C J 3"]
    camera: Camera
    inside: Bool[Tensor, "B C"]


def _between(low: float, high: float, part: Tensor) -> Tensor:
    return low + (high - low) * part


def _log_uniform(low: float, high: float, part: Tensor) -> Tensor:
    return _between(math.log(low), math.log(high), part).exp()


def _level(heading: Float[Tensor, " B"]) -> Float[Tensor, "B 3 3"]:
    """Return the rotations from a world, z up, to level cameras that look along headings."""
    cos, sin, zero = heading.cos(), heading.sin(), torch.zeros_like(heading)
    rows = (sin, -cos, zero, zero, zero, zero - 1, cos, sin, zero)
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def _outwards(joints: Skeleton) -> list[tuple[int, int]]:
    """Return the bones, each after the one that it hangs on."""
    reached = {joints.root}
    bones: list[tuple[int, int]] = []
    while len(bones) < len(joints.bones):
        bones += [bone for bone in joints.bones if bone[0] in reached and bone[1] not in reached]
        reached |= {child for _, child in bones}
    return bones

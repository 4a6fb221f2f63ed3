"""Noise like that of detectors on 2D keypoints: slow, heavy-tailed, of other joints, with parts missing.

Amounts are parts of the person's extent. They follow what Stacked Hourglass does on Human3.6M's training
subjects, measured against the projected truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from datamodules.examples.joint_set_pretence import pretended, shifts
from datamodules.examples.seeded_random import keys, many_normal, many_uniform
from lifting.errors import InputError
from lifting.skeletons import Skeleton

SETS = ("own", "coco17", "halpe26", "openpose25", "mediapipe33", "mpii16")


class _Joint(NamedTuple):
    """Standard deviation along an axis, and how often the joint strays in a window."""

    std: float
    strays: float


# By the last word of a joint's name.
_JOINTS = {
    "pelvis": _Joint(0.014, 0.02),
    "hip": _Joint(0.021, 0.03),
    "knee": _Joint(0.016, 0.14),
    "ankle": _Joint(0.019, 0.14),
    "spine": _Joint(0.018, 0.02),
    "thorax": _Joint(0.014, 0.02),
    "shoulder": _Joint(0.017, 0.03),
    "elbow": _Joint(0.014, 0.08),
    "wrist": _Joint(0.016, 0.14),
}
_OTHER = _Joint(0.018, 0.03)

# Shares of the variance that last for the whole window, that drift, and that are new in every frame.
_CONSTANT, _DRIFT, _WHITE = 0.5, 0.36, 0.14
# Frames in which the drift changes, about a quarter of a second.
_KNOT = 8
# Spread of the logarithm of the amount of noise, by example and by joint, which makes tails heavy.
_BY_EXAMPLE, _BY_JOINT = 0.3, 0.35
# Standard deviation along an axis of a joint that strays.
_STRAY = 0.14

# Chains of which a part is exchanged with the other side's, or lies where that is: from the end inwards.
_CHAINS = (("ankle", "knee", "hip"), ("wrist", "elbow", "shoulder"))
# Parts of the body that are missing together, with their weight; "" is each joint for itself.
_PARTS = (
    ("", 0.4),
    ("left_arm", 0.1),
    ("right_arm", 0.1),
    ("left_leg", 0.08),
    ("right_leg", 0.08),
    ("feet", 0.08),
    ("legs", 0.1),
    ("upper", 0.06),
)
_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")

# Numbers of a stream, so that they do not depend on how many others are drawn.
_WHOLE, _EVENTS, _SLOW, _FAST, _BENT, _SEGMENTS, _PLACES, _SEEN = range(8)


@dataclass(frozen=True)
class DetectorNoise:
    """Noise like that of detectors, a function of seed, epoch, clip and frame.

    Attributes:
        share: Part of the examples that it is put on.
        white: Standard deviation of what half of the others get, in every frame anew, of the extent.
        amount: Factor of all displacements.
        exchanged: Part of the noisy examples in which parts of limbs are exchanged, or found on one side
            alone: in the whole window, in a part of it, or in a frame.
        missing: Part of the noisy examples in which joints, limbs or half of the body have confidence 0
            and lie anywhere.
        outside: Part of the noisy examples in which what is outside the picture is missing.
        sets: Joint sets that keypoints pretend to be converted from, ``own`` for none; one an example.
        fixed: The same noise in every epoch.
        seed: Seed of the noise.

    Raises:
        InputError: If a part is not from 0 to 1, or an amount is negative.
    """

    share: float = 0.6
    white: float = 0.015
    amount: float = 1.0
    exchanged: float = 0.12
    missing: float = 0.3
    outside: float = 0.5
    sets: Sequence[str] = SETS
    fixed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("share", "exchanged", "missing", "outside"):
            if not 0 <= getattr(self, name) <= 1:
                what = f"Detector noise has {name} {getattr(self, name):g}"
                raise InputError(f"{what}: give a part from 0 to 1.")
        for name in ("white", "amount"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"Detector noise has {name} {getattr(self, name):g}: give 0 or more."
                )
        if not self.sets:
            raise InputError("Detector noise has no joint sets: give 'own' at least.")

    def __call__(
        self,
        keypoints: Float[Tensor, "B T K 2"],
        confidence: Float[Tensor, "B T K"],
        size: Float[Tensor, "B 2"],
        joints: Skeleton,
        clip: Int[Tensor, " B"],
        frame: Int[Tensor, " B"],
        epoch: int,
    ) -> tuple[Float[Tensor, "B T K 2"], Float[Tensor, "B T K"]]:
        """Return noisy keypoints and their confidence.

        Args:
            keypoints: Pixels.
            confidence: What is 0 stays 0.
            size: Width and height of the picture, pixels.
            joints: Joint set of the keypoints.
            clip: Number of the clip.
            frame: Number of the first output frame.
            epoch: Another epoch, other noise.
        """
        now = torch.tensor(0 if self.fixed else epoch, device=clip.device)
        key = keys(self.seed, clip, frame, now)
        whole = many_uniform(key, 12, _WHOLE)
        low, high = keypoints.amin(2), keypoints.amax(2)
        extent = (high - low).amax(-1).mean(-1)[:, None, None, None]
        middle = (low + high)[:, :, None] / 2
        noisy = (whole[:, 0] < self.share)[:, None, None]

        clean = (keypoints - middle) / extent
        chosen = joints, tuple(self.sets), whole[:, 1]
        shifted = clean + self.amount * shifts(clean, *chosen, whole[:, 2])
        systematic = pretended(shifted, *chosen)
        confused = self._exchange(systematic, joints, key, whole)
        moved = confused + self.amount * self._displacements(clean, joints, key)
        apart = (moved - systematic).norm(dim=-1)
        certain = _confidence(apart, key, whole[:, 3])
        lost = self._lost(clean, keypoints, size, joints, key, whole)
        places = 3 * many_uniform(key, 2 * len(joints), _PLACES).view(-1, 1, len(joints), 2) - 1.5
        anywhere = places * (whole[:, 4] < 0.5)[:, None, None, None]
        moved = torch.where(lost[..., None], anywhere, moved)

        white = self.white * (whole[:, 5] < 0.5)[:, None, None, None]
        other = clean + white * self._fast(clean, key)
        result = torch.where(noisy[..., None], moved, other) * extent + middle
        seen = confidence * torch.where(noisy, torch.where(lost, 0.0, certain), 1.0)
        return result, seen

    @staticmethod
    def _fast(like: Tensor, key: Tensor) -> Tensor:
        return many_normal(key, like[0].numel(), _FAST).view_as(like)

    def _displacements(self, like: Tensor, joints: Skeleton, key: Tensor) -> Tensor:
        """Return displacements of all joints: constant, drifting and white, and some that stray."""
        _, length, count, _ = like.shape
        knots = _knots(length)
        slow = many_normal(key, (2 * knots + 2) * count * 2, _SLOW)
        slow = slow.view(len(key), 2 * knots + 2, 1, count, 2)
        drift, stray = slow[:, :knots, 0], slow[:, knots : 2 * knots, 0]
        constant, far = slow[:, -2], slow[:, -1]
        parts = _CONSTANT**0.5 * constant + _DRIFT**0.5 * _interpolated(drift, length)
        parts = parts + _WHITE**0.5 * self._fast(like, key)
        bent = many_normal(key, count + 1, _BENT)
        amount = (_BY_EXAMPLE * bent[:, :1] + _BY_JOINT * bent[:, 1:]).exp()
        table = [_JOINTS.get(name.split("_")[-1], _OTHER) for name in joints.joints]
        std = torch.tensor([joint.std for joint in table], device=key.device)
        often = torch.tensor([joint.strays for joint in table], device=key.device)
        where = _segments(key, often, length, stream=_SEGMENTS)
        strays = _STRAY * (0.8 * far + 0.6 * _interpolated(stray, length))
        return parts * (std * amount)[:, None, :, None] + strays * where[..., None]

    def _exchange(self, points: Tensor, joints: Skeleton, key: Tensor, whole: Tensor) -> Tensor:
        """Return keypoints with parts of limbs, or all, exchanged or found on one side alone."""
        happens = whole[:, 6] < self.exchanged
        where = _segments(key, torch.ones(1, device=key.device), points.shape[1], stream=_EVENTS)
        where = where & happens[:, None, None]
        # Legs, arms, a tenth both; one to three joints of each; one in three double.
        parts = ((whole[:, 7] < 0.6), (whole[:, 7] >= 0.5))
        reach = 1 + (3 * whole[:, 8] ** 3).long()
        double, left_stays = whole[:, 9] < 0.35, whole[:, 10] < 0.5
        columns = []
        for joint, other in enumerate(joints.mirror):
            name = joints.joints[joint].split("_")[-1]
            now = torch.zeros_like(happens)
            for chain, taken in zip(_CHAINS, parts, strict=True):
                if joint != other and name in chain:
                    now = taken & (chain.index(name) < reach)
            stays = double & (left_stays == (joints.side(joint) == "left"))
            use = where[..., 0] & (now & ~stays)[:, None]
            columns.append(torch.where(use[..., None], points[:, :, other], points[:, :, joint]))
        return torch.stack(columns, 2)

    def _lost(
        self,
        like: Tensor,
        keypoints: Tensor,
        size: Tensor,
        joints: Skeleton,
        key: Tensor,
        whole: Tensor,
    ) -> Bool[Tensor, "B T K"]:
        """Return which keypoints are missing."""
        length, count = like.shape[1:3]
        draws = many_uniform(key, 2, _SEEN)
        often = torch.full((count,), 0.12, device=key.device)
        single = _segments(key, often, length, stream=_SEGMENTS + 100)
        together = _segments(key, torch.ones(1, device=key.device), length, _EVENTS + 100)
        which = torch.tensor([w for _, w in _PARTS], device=key.device).cumsum(0)
        part = (draws[:, :1] * which[-1] >= which).sum(-1)
        masks = torch.tensor(
            [[_in_part(name, part) for name in joints.joints] for part, _ in _PARTS],
            device=key.device,
        )
        alone = (part == 0)[:, None, None]
        lost = torch.where(alone, single, together & masks[part][:, None])
        lost = lost & (whole[:, 11] < self.missing)[:, None, None]
        edge = size[:, None, None]
        outside = ((keypoints < 0) | (keypoints > edge)).any(-1)
        return lost | (outside & (draws[:, 1] < self.outside)[:, None, None])


def _in_part(joint: str, part: str) -> bool:
    name = joint.split("_")[-1]
    if part in ("feet", "legs"):
        return name in ("ankle", "heel", "toe", "tip") or (part == "legs" and name == "knee")
    if part == "upper":
        return name in (*_ARM, "head", "face", "nose", "eye", "ear", "top")
    side, _, limb = part.partition("_")
    return bool(part) and joint.startswith(side) and name in (_ARM if limb == "arm" else _LEG)


def _knots(length: int) -> int:
    """Return how many knots a window has."""
    return -(-(length - 1) // _KNOT) + 1


def _interpolated(knots: Float[Tensor, "B N K C"], length: int) -> Float[Tensor, "B T K C"]:
    """Return random numbers that pass through knots, of the same variance everywhere."""
    place = torch.arange(length, device=knots.device) / _KNOT
    low = place.long().clamp_max(max(knots.shape[1] - 2, 0))
    high = (low + 1).clamp_max(knots.shape[1] - 1)
    angle = (place - low)[:, None, None] * (torch.pi / 2)
    return angle.cos() * knots[:, low] + angle.sin() * knots[:, high]


def _segments(
    key: Int[Tensor, " B"], often: Float[Tensor, " N"], length: int, stream: int
) -> Bool[Tensor, "B T N"]:
    """Return when events are: in the whole window, a part of it, or in one frame."""
    drawn = many_uniform(key, 4 * len(often), stream).view(len(key), 1, 4, len(often))
    happens, kind, centre, half = drawn.unbind(2)
    time = torch.arange(length, device=key.device)[:, None]
    apart = (time + 0.5 - length * centre).abs()
    # A part reaches up to a quarter of the window to both sides, a frame is the one that is hit.
    reach = torch.where(kind < 0.7, 0.5 + half * length / 4, 0.5)
    return (happens < often) & ((kind < 0.4) | (apart <= reach))


def _confidence(
    apart: Float[Tensor, "B T K"], key: Tensor, slope: Float[Tensor, " B"]
) -> Float[Tensor, "B T K"]:
    """Return confidences, never 0, that fall with the displacement, more in one example than another."""
    _, length, count = apart.shape
    knots = _knots(length)
    wobble = many_normal(key, knots * count, _FAST + 100).view(-1, knots, count, 1)
    wobble = _interpolated(wobble, length)[..., 0]
    level = 0.95 - 4 * slope[:, None, None] * apart + 0.06 * wobble
    return level.clamp(0.05, 1)

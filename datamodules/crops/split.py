"""Examples of a split of images: what is resident in memory, and the batches gathered from it."""

from typing import NamedTuple, cast

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from datamodules.crops.augmentation import (
    Augmentation,
    ExampleRandom,
    augmented_affine,
    change_colours,
    colour_factors,
)
from datamodules.crops.pixels import Pixels
from datamodules.crops.records import ImageRecords
from datamodules.examples.bank import IndexBatch
from lifting.batch import ImageBatch
from lifting.cameras import Camera, nominal_camera
from lifting.imaging.colour_normalisation import normalise
from lifting.imaging.crops import crop_affine, fit_aspect
from lifting.skeletons import skeleton


class Crops(NamedTuple):
    """Crops as bytes, as a loader yields them, and what is needed to gather the rest of a batch."""

    rows: Int[Tensor, " B"]
    images: UInt8[Tensor, "B H W 3"]
    affine: Float[Tensor, "B 2 3"]
    broken: Bool[Tensor, " B"]
    colours: Float[Tensor, "B 3"] | None
    split: str


class ImageSplit(Dataset[Crops]):
    """People on images.

    Args:
        records: Their records, already in the joint set wanted.
        boxes: Their boxes.
        pixels: Source of the images.
        size: Width and height of a crop.
        padding: How much larger than its box a crop is.
        augmentation: Augmentation of the crops; none where not given.
        seed: Seed of the augmentation.
        poses: Poses ``(N, J, 3)`` in the joint set wanted; NaN where unknown.
        window: Images of an example: a person's, and those before and after it in the recording.
    """

    def __init__(
        self,
        records: ImageRecords,
        boxes: Float[Tensor, "N 4"],
        pixels: Pixels,
        size: tuple[int, int],
        padding: float,
        augmentation: Augmentation | None,
        seed: int,
        poses: Float[Tensor, "N J 3"],
        window: int = 1,
    ) -> None:
        self.records = records
        self.pixels = pixels
        self.size = size
        self.padding = padding
        self.augmentation = augmentation
        self.seed = seed
        self.rows = torch.arange(len(records))
        self.skeleton = skeleton(records.info.skeleton)
        columns = records.columns
        posed = poses.isfinite().flatten(1).all(-1)
        camera, cameras = _with_nominal(records)
        self.cameras = cameras.to(torch.float32)
        named = ("subject", "sequence", "view")
        clips, clip = torch.unique(
            torch.stack([columns[name] for name in named], -1), dim=0, return_inverse=True
        )
        # Subject, sequence and view of each recording.
        self.clips: list[tuple[str, str, str]] = [
            tuple(records.names[name][i] for name, i in zip(named, row, strict=True))
            for row in clips.tolist()
        ]
        self._resident = {
            "keypoints": columns["keypoints"],
            "visibility": columns["visibility"],
            "box": boxes,
            "subject": columns["subject"],
            "action": columns["action"],
            "frame": columns["frame"],
            "clip": clip,
            "camera": camera,
        }
        self.windows = _neighbours(clip, columns["frame"], window)
        if posed.any():
            self._resident |= {"posed": posed, "pose": poses.nan_to_num()[:, None]}
        # On the accelerator, where there is one; workers never touch it.
        self._moved = self._resident

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.rows)

    @property
    def has_poses(self) -> bool:
        """Whether there are poses."""
        return "pose" in self._resident

    def frames(self) -> tuple[Float[Tensor, "N K 2"], Float[Tensor, "N J 3"] | None]:
        """Return keypoints and poses of the people with a pose, or all keypoints where there is no pose.

        A joint that is not labelled is at zero.
        """
        keypoints = self._resident["keypoints"]
        if not self.has_poses:
            return keypoints, None
        posed = self._resident["posed"]
        return keypoints[posed], self._resident["pose"][posed, 0]

    def rows_by_clip(self) -> list[Tensor]:
        """Return the rows of the examples, recording by recording."""
        order = self._resident["clip"].argsort(stable=True)
        return list(order.split(torch.bincount(self._resident["clip"]).tolist()))

    def __getitem__(self, batch: IndexBatch) -> Crops:
        """Crop the images of a batch, in a worker."""
        return self.crops(batch._replace(rows=self.windows[batch.rows].flatten()))

    def crops(self, batch: IndexBatch) -> Crops:
        """Crop images, without those before and after."""
        rows, (width, height) = batch.rows, self.size
        affine, colours = self._affine(rows, batch.epoch)
        images = torch.zeros(len(rows), height, width, 3, dtype=torch.uint8)
        broken = torch.zeros(len(rows), dtype=torch.bool)
        for index, row in enumerate(rows.tolist()):
            crop = self.pixels.crop(row, affine[index].numpy(), self.size)
            if crop is None:
                broken[index] = True
            else:
                images[index] = torch.tensor(crop)
        return Crops(rows, images, affine, broken, colours, batch.split)

    def _affine(self, rows: Tensor, epoch: int) -> tuple[Tensor, Tensor | None]:
        box = self._resident["box"][rows]
        if self.augmentation is None:
            return crop_affine(*fit_aspect(box, self.size, self.padding), self.size), None
        random = ExampleRandom(self.seed, epoch, rows)
        affine = augmented_affine(
            self.augmentation,
            random,
            box,
            self._resident["keypoints"][rows],
            self._resident["visibility"][rows] > 0,
            self.skeleton,
            self.size,
            self.padding,
        )
        return affine, colour_factors(self.augmentation, random)

    def batch(self, crops: Crops) -> ImageBatch:
        """Gather a batch, on the device its crops were moved to."""
        device = crops.images.device
        if self._moved["box"].device != device:
            self._moved = {name: x.to(device) for name, x in self._resident.items()}
            self.cameras = self.cameras.to(device)
        gathered = {name: column[crops.rows] for name, column in self._moved.items()}
        images = crops.images.permute(0, 3, 1, 2).float()
        if crops.colours is not None:
            images = 255 * change_colours(images / 255, crops.colours)
        gathered["visibility"] = gathered["visibility"] * ~crops.broken[:, None]
        batch = {
            **gathered,
            "image": normalise(images),
            "affine": crops.affine,
            "camera": self.cameras[gathered["camera"]],
            "example": crops.rows,
        }
        return cast(ImageBatch, batch)


def _neighbours(
    clip: Int[Tensor, " N"], frame: Int[Tensor, " N"], window: int
) -> Int[Tensor, "N window"]:
    """Return the neighbours of each row in its recording, repeating the rows at its ends."""
    by_frame = frame.argsort(stable=True)
    order = by_frame[clip[by_frame].argsort(stable=True)]
    counts = torch.bincount(clip)
    first = torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    last = torch.repeat_interleave(counts.cumsum(0), counts) - 1
    positions = torch.arange(len(clip))[:, None] + torch.arange(window) - window // 2
    rows = torch.empty(len(clip), window, dtype=torch.long)
    rows[order] = order[positions.clamp(first[:, None], last[:, None])]
    return rows


def _with_nominal(records: ImageRecords) -> tuple[Tensor, Camera]:
    """Return a camera for every record and the cameras, nominal ones where none is calibrated."""
    camera = records.columns["camera"].clone()
    lacking = camera < 0
    if not lacking.any():
        return camera, records.cameras
    sizes, number = torch.unique(records.columns["size"][lacking], dim=0, return_inverse=True)
    camera[lacking] = number + len(records.cameras.focal)
    nominal = Camera.stack([nominal_camera(*size) for size in sizes.tolist()]).to(torch.float64)
    both = {
        name: torch.cat([x, getattr(nominal, name)]) for name, x in vars(records.cameras).items()
    }
    return camera, Camera(**both)

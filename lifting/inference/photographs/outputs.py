"""Writers of the results of photographs: a picture beside each, and its clip on the page."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from lifting.files import beside
from lifting.inference.detectors import interfaces
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.people_page import shown_person
from lifting.inference.photographs.files import MARK
from lifting.inference.prediction import Lifted
from lifting.inference.video.outputs import drawn_person
from lifting.viz.people_page import people_clip
from lifting.viz.player import Clip, small_jpeg
from lifting.viz.side_by_side import SideBySide
from lifting.viz.video_page import Thumbnails


@dataclass(frozen=True)
class LiftedPhotograph:
    """A photograph and the people on it.

    Attributes:
        path: The file.
        number: Its place among the photographs, from 0.
        image: Its pixels, RGB, upright.
        tracks: The keypoints of everyone, of the one frame 0.
        lifted: Their poses.
    """

    path: Path
    number: int
    image: interfaces.Image
    tracks: list[KeypointTrack]
    lifted: list[Lifted]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.image.shape[1], self.image.shape[0]

    def without_image(self) -> "LiftedPhotograph":
        """Return it for the file of everyone's poses: named after the photograph, without its pixels."""
        frames = np.array([self.number])
        several = len(self.tracks) > 1
        tracks = [
            replace(
                t, name=f"{self.path.name} {t.name}" if several else self.path.name, frames=frames
            )
            for t in self.tracks
        ]
        return replace(self, image=self.image[:0], tracks=tracks)


def write_picture(path: Path, photograph: LiftedPhotograph, height: int) -> None:
    """Write a photograph with its keypoints, and the poses beside them, as a PNG.

    Raises:
        InputError: If it cannot be written.
    """
    people = [
        drawn_person(*pair) for pair in zip(photograph.tracks, photograph.lifted, strict=True)
    ]
    drawn = SideBySide(photograph.size, people, height).draw(photograph.image, 0)
    text = PngImagePlugin.PngInfo()
    text.add_text(*MARK)
    with beside(path, make_folder=True) as partial:
        Image.fromarray(drawn).save(partial, "PNG", pnginfo=text)


def photograph_clip(photograph: LiftedPhotograph, height: int) -> Clip:
    """Return a photograph and the poses on it as a clip of one frame."""
    people = [
        shown_person(*pair) for pair in zip(photograph.tracks, photograph.lifted, strict=True)
    ]
    pictures = Thumbnails(1, 1)
    pictures.images.append(small_jpeg(photograph.image, height))
    return people_clip(photograph.path.name, people, 1.0, photograph.size, pictures)

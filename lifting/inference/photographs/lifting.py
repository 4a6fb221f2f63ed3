"""Lifting of the people on photographs, drawn beside each of them and on one page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datamodules.crops.pixels import read_photograph
from lifting.errors import InputError
from lifting.files import write_together
from lifting.inference.defaults import LIFTER
from lifting.inference.detectors.factory import Maker, tracker_maker
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.everyone import lift_everyone
from lifting.inference.options import LiftOptions, pop_options
from lifting.inference.output_options import OutputOptions, with_person_height
from lifting.inference.outputs import check_before, counted, output_files, output_paths
from lifting.inference.people.choosing import choose_people
from lifting.inference.people.tracked_people import keypoint_tracks, track_people
from lifting.inference.photographs.files import find_photographs, picture_paths
from lifting.inference.photographs.options import PhotographOptions
from lifting.inference.photographs.outputs import LiftedPhotograph, photograph_clip, write_picture
from lifting.inference.pose_files import pack_poses
from lifting.inference.prediction import load_lifter
from lifting.inference.progress import progress_bar
from lifting.inference.result_files import ResultFiles
from lifting.inference.video.reader import VideoFrame
from lifting.inference.video.stopping import stoppable
from lifting.methods.bases.lifter import Lifter
from lifting.viz.page import write_page
from lifting.viz.player import Clip

# Photographs on a page at most.
_MOST_SHOWN = 30


@dataclass
class PhotographResults:
    """The results of photographs.

    Attributes:
        poses: The ``.npz`` of everyone's poses.
        page: The page.
        pictures: What was drawn of each photograph.
        people: How many people were lifted on it.
        left_out: What was wrong with the others, a sentence each.
        stopped: Whether Ctrl-C ended it early.
    """

    poses: Path
    page: Path
    pictures: list[Path] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    stopped: bool = False

    def report(self) -> str:
        """Return the results in lines to print; the last one is where to look."""
        lines = []
        for picture, count in zip(self.pictures, self.people, strict=True):
            lines.append(f"{picture}: {counted(count)}")
        lines += [f"Left out: {sentence}" for sentence in self.left_out]
        if len(self.pictures) > _MOST_SHOWN:
            lines.append(f"The first {_MOST_SHOWN} are on the page; {self.poses} holds all.")
        if self.stopped:
            lines.append("Stopped early: what is there is whole, but not of all photographs.")
        return "\n".join([*lines, f"Open {self.page.resolve()} in a browser."])


def lift_photographs(
    photographs: Sequence[str], checkpoint: str = LIFTER, **options: Any
) -> PhotographResults:
    """Lift the people on photographs to 3D by any lifter, see docs/video.md.

    A lifter of sequences sees each photograph in all of its frames. What cannot be read, or shows
    nobody, is left out and named. Ctrl-C ends it with the photographs that are done.

    Args:
        photographs: Files, and folders of them.
        checkpoint: A lifter: a checkpoint, or the name of a model.
        **options: See :class:`lifting.inference.photographs.options.PhotographOptions`,
            :class:`lifting.inference.detectors.options.DetectorOptions`,
            :class:`lifting.inference.output_options.OutputOptions` and
            :class:`lifting.inference.options.LiftOptions`.

    Raises:
        InputError: If a file or an option is wrong, or nobody is on any of the photographs.
    """
    options = with_person_height(options)
    own = pop_options(PhotographOptions, options)
    detector = pop_options(DetectorOptions, options, "device")
    outputs = pop_options(OutputOptions, options)
    formats = outputs.wanted(())
    check_before(outputs, formats, stills=True)
    lift_options = LiftOptions(**options)
    paths = find_photographs([Path(path) for path in photographs])
    folder = None if own.out is None else Path(own.out)
    pictures = picture_paths(paths, folder)
    name = f"{paths[0].stem}_3d" if len(paths) == 1 else "photos_3d"
    poses = (folder or paths[0].parent) / f"{name}.npz"
    results = PhotographResults(poses, poses.with_suffix(".html"))
    existing = ResultFiles(poses, "write elsewhere with --out.")
    existing.refuse_foreign([results.page, *output_paths(poses, [], formats)])
    lifter = load_lifter(checkpoint, lift_options.flip_test)
    # What does not fit is known before a photograph is read.
    make_tracker = tracker_maker(detector)
    lifted: list[LiftedPhotograph] = []
    clips: list[Clip] = []
    with stoppable() as stopped, progress_bar() as bar:
        for number, path in enumerate(bar.track(paths, description="lifting")):
            try:
                one = _lift(path, number, lifter, make_tracker, detector, lift_options, outputs)
            except InputError as error:
                results.left_out.append(str(error))
                continue
            write_picture(pictures[number], one, int(own.height))
            results.pictures.append(pictures[number])
            results.people.append(len(one.tracks))
            if len(clips) < _MOST_SHOWN:
                clips.append(photograph_clip(one, int(own.height)))
            lifted.append(one.without_image())
            if stopped():
                results.stopped = number + 1 < len(paths)
                break
    if not lifted:
        raise InputError(results.left_out[0])
    everyone = [t for one in lifted for t in one.tracks], [p for one in lifted for p in one.lifted]
    files = output_files(poses, *everyone, formats)
    packed = pack_poses(*everyone, files=[results.page, *files])
    write_together(files | {poses: packed})
    existing.remove_left_over([poses, results.page, *files])
    write_page(results.page, "Photographs", clips, intro="Lifted to 3D, each by itself.")
    return results


def _lift(
    path: Path,
    number: int,
    lifter: Lifter,
    make_tracker: Maker,
    detector: DetectorOptions,
    options: LiftOptions,
    outputs: OutputOptions,
) -> LiftedPhotograph:
    """Lift the people on a photograph; they are named after it, and its number is that of their frame.

    Raises:
        InputError: If it cannot be read, or shows nobody.
    """
    image = read_photograph(path)
    size = image.shape[1], image.shape[0]
    # One of its own: a tracker remembers the frame before.
    tracker = make_tracker()
    frame = VideoFrame(0, 0, image)
    people, _ = track_people([frame], tracker, 1, lambda: False, lambda _: None)
    if not people:
        raise InputError("nobody can be seen on it", path, "give one of a whole person.")
    tracks = keypoint_tracks(people, tracker.skeleton, size, None, path, detector.least_confidence)
    tracks = choose_people(tracks, outputs.people, path)
    lifted = lift_everyone(tracks, lifter, options, path, outputs, bar=False)
    return LiftedPhotograph(path, number, image, tracks, lifted)

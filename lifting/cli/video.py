"""The command ``lifting video``: a video in, its people in 3D out."""

import sys
from typing import Annotated, Any

from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.options import LiftOptions
from lifting.inference.output_options import OutputOptions
from lifting.inference.video.options import VideoOptions


def video(
    video: str,
    *,
    checkpoint: str | None = None,
    **options: Annotated[Any, VideoOptions, DetectorOptions, OutputOptions, LiftOptions, "fps"],
) -> None:
    """Lift the people on a video to 3D, see docs/video.md.

    Ctrl-C while people are detected goes on with those seen so far; while the video is drawn it ends it
    there. Both end with status 130.

    Args:
        video: The video.
        checkpoint: A lifter: a checkpoint, or the name of a model; person where not given.
        **options: See VideoOptions, DetectorOptions, OutputOptions and LiftOptions, ``fps`` being that
            of the video.
    """
    from lifting.inference.video.lifting import lift_video, report

    result = lift_video(video, checkpoint, **options)
    print(report(result))
    if result.stopped:
        sys.exit(130)

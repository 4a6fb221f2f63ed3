"""The command ``lifting photo``: photographs in, the people on them in 3D out."""

import sys
from typing import Annotated, Any

from lifting.inference.defaults import LIFTER
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.options import LiftOptions
from lifting.inference.output_options import OutputOptions
from lifting.inference.photographs.options import PhotographOptions


def photo(
    *photographs: str,
    checkpoint: str = LIFTER,
    **options: Annotated[
        Any,
        PhotographOptions,
        DetectorOptions,
        OutputOptions,
        LiftOptions,
        "patience",
        "fps",
        "smooth",
        "smooth_keypoints",
        "trajectory",
        "dilation",
        "batch_frames",
    ],
) -> None:
    """Lift the people on photographs to 3D, see docs/video.md.

    A picture is written beside each photograph, and a page of all of them. Ctrl-C ends it with those
    that are done, and status 130.

    Args:
        photographs: Photographs (JPEG or PNG), and folders of them.
        checkpoint: A lifter: a checkpoint, or the name of a model.
        **options: See PhotographOptions, DetectorOptions, OutputOptions and LiftOptions.
    """
    from lifting.inference.photographs.lifting import lift_photographs

    results = lift_photographs(photographs, checkpoint, **options)
    print(results.report())
    if results.stopped:
        sys.exit(130)

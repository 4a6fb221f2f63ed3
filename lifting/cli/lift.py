"""The command ``lifting lift``: keypoint files in, 3D poses out."""

from pathlib import Path
from typing import Annotated, Any

from lifting.inference.options import LiftOptions, ReadOptions, pop_options
from lifting.inference.output_options import OutputOptions, with_person_height


def lift(
    keypoints: str,
    *,
    checkpoint: str | None = None,
    out: str | None = None,
    page: str | None = None,
    track: str | None = None,
    bvh: bool = False,
    **options: Annotated[Any, ReadOptions, LiftOptions, OutputOptions],
) -> None:
    """Lift the people of a keypoint file to 3D, see docs/predict.md.

    Args:
        keypoints: A file of any detector's format (docs/predict.md), a clip store (.h5), or the folder
            of one file a frame that OpenPose, MMPose or Ultralytics wrote.
        checkpoint: A checkpoint of any lifter, or its name (docs/models.md); person where not given.
        out: The .npz to write; beside the keypoints, ending in _3d.npz, where not given.
        page: The page to play and turn the poses on, .html; beside the .npz, unless --out names that.
        track: Lift this person alone.
        bvh: Write one BVH file per person as well, beside the .npz, for animation programs.
        **options: See ReadOptions, LiftOptions and OutputOptions.
    """
    from lifting.inference.keypoint_lifting import KeypointResults, lift_keypoint_file

    options = with_person_height(options)
    outputs = pop_options(OutputOptions, options)
    lift_keypoint_file(
        Path(keypoints),
        checkpoint,
        KeypointResults(out, page),
        pop_options(ReadOptions, options),
        LiftOptions(**options),
        track,
        bvh,
        outputs,
    )

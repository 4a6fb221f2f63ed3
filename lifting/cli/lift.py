"""The command ``lifting lift``: keypoint files in, 3D poses out."""

from pathlib import Path
from typing import Annotated, Any

from lifting.errors import InputError
from lifting.inference.options import LiftOptions, ReadOptions, pop_options
from lifting.inference.output_options import OutputOptions, with_person_height


def lift(
    keypoints: str,
    *,
    checkpoint: str,
    out: str | None = None,
    track: str | None = None,
    bvh: bool = False,
    **options: Annotated[Any, ReadOptions, LiftOptions, OutputOptions],
) -> None:
    """Lift the people of a keypoint file to 3D, see docs/predict.md.

    Args:
        keypoints: An .npz or .npy, a .json of COCO, AlphaPose or MediaPipe, a clip store (.h5), or
            the folder that OpenPose wrote.
        checkpoint: A checkpoint of any lifter, or its name (docs/models.md).
        out: The .npz to write; beside the keypoints, ending in _3d.npz, where not given.
        track: Lift this person alone.
        bvh: Write one BVH file per person as well, beside the .npz, for animation programs.
        **options: See ReadOptions, LiftOptions and OutputOptions.
    """
    path = Path(keypoints)
    if out is not None and Path(out).suffix.lower() != ".npz":
        raise InputError(f"--out {out}: choose a name that ends in .npz.")
    from lifting.inference.keypoint_lifting import lift_keypoint_file

    options = with_person_height(options)
    outputs = pop_options(OutputOptions, options)
    lift_keypoint_file(
        path,
        checkpoint,
        path.with_name(f"{path.stem}_3d.npz") if out is None else Path(out),
        pop_options(ReadOptions, options),
        LiftOptions(**options),
        track,
        bvh,
        outputs,
    )

"""The command ``lifting lift``: keypoint files in, 3D poses out."""

from pathlib import Path
from typing import Annotated, Any

from lifting.inference.options import LiftOptions


def lift(
    keypoints: str,
    *,
    checkpoint: str,
    out: str | None = None,
    format: str | None = None,
    skeleton: str | None = None,
    width: float | None = None,
    height: float | None = None,
    source: str | None = None,
    track: str | None = None,
    stills: bool = False,
    bvh: bool = False,
    **options: Annotated[Any, LiftOptions],
) -> None:
    """Lift the people of a keypoint file to 3D, see docs/predict.md.

    Args:
        keypoints: An .npz or .npy, a .json of COCO, AlphaPose or MediaPipe, a clip store (.h5), or
            the folder that OpenPose wrote.
        checkpoint: A checkpoint of any lifter.
        out: The .npz to write; beside the keypoints, ending in _3d.npz, where not given.
        format: npz, store, openpose, coco, alphapose or mediapipe; by the content where not given.
        skeleton: Joint set of the keypoints, if the file does not say.
        width: Width of the images in pixels, if the file does not say.
        height: Their height.
        source: Which 2D source of a clip store.
        track: Lift this person alone.
        stills: The frames are photographs: lift everyone in every frame by itself.
        bvh: Write one BVH file per person as well, beside the .npz, for animation programs.
        **options: See LiftOptions.
    """
    from lifting.inference.keypoint_files import ReadOptions, image_size
    from lifting.inference.keypoint_lifting import lift_keypoint_file

    path = Path(keypoints)
    lift_keypoint_file(
        path,
        checkpoint,
        path.with_name(f"{path.stem}_3d.npz") if out is None else Path(out),
        ReadOptions(skeleton, image_size(width, height), stills, source, format),
        LiftOptions(**options),
        track,
        bvh,
    )

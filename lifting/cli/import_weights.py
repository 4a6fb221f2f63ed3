"""The command ``lifting import``: published weights in, a checkpoint of this suite out."""

from typing import Any

from lifting.errors import InputError


def read_statistics(path: str) -> dict[str, Any]:
    """Read arrays by name from an ``.npz`` or a pickled dictionary, running nothing in it.

    Raises:
        InputError: If the file is missing, damaged, unsafe or of another kind.
    """
    from lifting.containers.arrays import load_npz
    from lifting.containers.pickles import load_pickle

    arrays = load_npz(path) if path.endswith(".npz") else load_pickle(path)
    if not isinstance(arrays, dict):
        raise InputError("holds no arrays by name", path, "see docs/weights.md.")
    return arrays


def import_weights(
    file: str,
    out: str,
    *,
    family: str | None = None,
    skeleton: str | None = None,
    keypoint_skeleton: str | None = None,
    statistics: str | None = None,
    options: dict[str, bool | int | float | str] | None = None,
    beside: dict[str, str] | None = None,
) -> None:
    """Write published weights as a checkpoint, with its configuration and a report beside it.

    Args:
        file: The published file, .bin, .pth, .pt or .npz. Nothing in it is run.
        out: The checkpoint to write, .ckpt; OUT.yaml and OUT.report.txt go beside it.
        family: Its name in docs/weights.md, such as MixSTE; told by its tensors where not given.
        skeleton: Joint set of the poses; a lifter's is h36m17 where the file has 17 joints, a
            detector's, which evaluates with them only, that of its keypoints.
        keypoint_skeleton: Joint set of the keypoints, such as coco17.
        statistics: File of the arrays that belong to SimpleBaseline's and ElePose's weights, or of
            others than the published ones for LInKs and It's all Relative.
        beside: The other files of a method that is published in several, such as --beside.right
            right_lifter.pt beside the left one of LInKs.
        options: What the shapes of the file do not tell, such as --options.causal true.
    """
    from lifting.exchange import import_weights

    family_options = dict(options or {})
    for name, value in (("skeleton", skeleton), ("keypoint_skeleton", keypoint_skeleton)):
        if value is not None:
            family_options[name] = value
    arrays = None if statistics is None else read_statistics(statistics)
    print(import_weights(file, out, family, family_options, arrays, beside))

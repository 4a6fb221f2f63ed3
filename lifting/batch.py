"""Batches that datamodules hand to methods, typed by key."""

from typing import NotRequired, TypedDict

from jaxtyping import Bool, Float, Int, Int8, UInt8
from torch import Tensor

from lifting.cameras import Camera


class PoseBatch(TypedDict):
    """Windows of keypoints, and the poses of their output frames.

    ``B`` examples of ``T`` input frames and ``C`` output frames (:mod:`lifting.windows`), ``K``
    keypoints, ``J`` joints, ``P`` pairs. Ids are indices into names that the datamodule has.

    Attributes:
        keypoints: Pixels, from the upper left corner of the image.
        confidence: Confidence of each keypoint, 0 (not seen) to 1.
        pose: Absolute poses, camera frame, millimetres; absent where the dataset has none.
        valid: Output frames to learn from or predict; the others fill up the last chunk of a clip.
        camera: The camera of each example.
        subject: Id of the subject.
        action: Id of the action.
        clip: Id of the recording.
        frame: Number of each output frame in its recording.
        unlabelled: Examples without poses, of other subjects; absent unless asked for.
        pairs: Pairs of joints whose depths are compared; absent without relative-depth labels.
        farther: +1 where the first of a pair is farther from the camera than the second, -1 where it
            is nearer, 0 where both are equally far; absent with ``pairs``.
        compared: Pairs that have a label; absent with ``pairs``.
        prior: Absolute poses, camera frame, millimetres, that are not those of the examples; absent
            without prior subjects.
    """

    keypoints: Float[Tensor, "B T K 2"]
    confidence: Float[Tensor, "B T K"]
    pose: NotRequired[Float[Tensor, "B C J 3"]]
    valid: Bool[Tensor, "B C"]
    camera: Camera
    subject: Int[Tensor, " B"]
    action: Int[Tensor, " B"]
    clip: Int[Tensor, " B"]
    frame: Int[Tensor, "B C"]
    unlabelled: NotRequired["PoseBatch"]
    pairs: NotRequired[Int[Tensor, "B P 2"]]
    farther: NotRequired[Int8[Tensor, "B P"]]
    compared: NotRequired[Bool[Tensor, "B P"]]
    prior: NotRequired[Float[Tensor, "B C J 3"]]


class ImageBatch(TypedDict):
    """Crops of people on images, with their keypoints and poses.

    ``B`` crops of ``H`` by ``W`` pixels, ``K`` keypoints, ``J`` joints. ``keypoints`` and ``box`` are
    pixels of the whole image, whatever was cropped; :func:`lifting.imaging.crops.to_crop` maps them.

    Attributes:
        image: Crops, RGB, normalised (:func:`lifting.imaging.colour_normalisation.normalise`).
        affine: Map from pixels of the image to pixels of the crop.
        keypoints: Pixels of the image.
        visibility: 0 (not labelled), 1 (hidden) or 2 (seen); 0 throughout where the image is unreadable.
        box: Bounding box: left, top, right, bottom; pixels of the image.
        camera: The camera of each image; where none is calibrated, a level one whose focal length is
            the image's longer side.
        pose: Absolute poses, camera frame, millimetres, of those that are ``posed``; absent where no
            example has one.
        posed: Whether an example has a pose; absent with ``pose``.
        subject: Id of the subject.
        action: Id of the action.
        clip: Id of the recording.
        frame: Number of the image in its recording.
        example: Number of the example in its split.
    """

    image: Float[Tensor, "B 3 H W"]
    affine: Float[Tensor, "B 2 3"]
    keypoints: Float[Tensor, "B K 2"]
    visibility: UInt8[Tensor, "B K"]
    box: Float[Tensor, "B 4"]
    camera: Camera
    pose: NotRequired[Float[Tensor, "B 1 J 3"]]
    posed: NotRequired[Bool[Tensor, " B"]]
    subject: Int[Tensor, " B"]
    action: Int[Tensor, " B"]
    clip: Int[Tensor, " B"]
    frame: Int[Tensor, " B"]
    example: Int[Tensor, " B"]

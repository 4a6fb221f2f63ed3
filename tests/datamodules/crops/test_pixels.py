"""Decoding and warping: against a sampler of its own, in every size, and what cannot be read."""

import numpy as np
import pytest
import torch
from PIL import Image

from datamodules.crops.pixels import FilePixels, image_sizes, read_image, read_photograph
from lifting.errors import InputError
from lifting.imaging.warping import warp
from tests.datamodules.made_images import picture
from tests.datamodules.made_lsp import write_jpg

SIZE = (48, 64)


def sampled(image, affine):
    """The crop by torch's grid_sample, which counts from -1 to 1 between the edges."""
    height, width = image.shape[:2]
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    points = np.stack([x, y], -1) - affine[:, 2]
    points = points @ np.linalg.inv(affine[:, :2]).T
    grid = torch.from_numpy(2 * points / [width, height] - 1)[None]
    source = torch.from_numpy(image.astype(np.float64)).permute(2, 0, 1)[None]
    out = torch.nn.functional.grid_sample(source, grid, align_corners=False, padding_mode="border")
    inside = ((points > 2) & (points < np.array([width, height]) - 2)).all(-1)
    return out[0].permute(1, 2, 0).numpy(), inside


@pytest.mark.parametrize(
    "affine",
    [
        [[1.0, 0, 0], [0, 1, 0]],
        [[1.7, 0.4, -30.0], [-0.4, 1.7, 10]],
        [[-0.9, 0.1, 60.0], [0.1, 0.9, -8]],
        [[0.4, 0.0, 3.3], [0.0, 0.4, 20]],
        [[0.2, -0.1, 20.0], [0.1, 0.2, 5]],
    ],
)
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_warp_is_that_of_another_sampler(tmp_path, affine, kind):
    affine = np.array(affine)
    # Odd, so that shrinking leaves a rest, and large and smooth, so that it loses nothing.
    image = picture(3, (243, 187))
    Image.fromarray(image).save(tmp_path / f"a.{kind}", quality=97)
    with Image.open(tmp_path / f"a.{kind}") as opened:
        ours = warp(opened, affine.astype(np.float32), SIZE)
    theirs, inside = sampled(image, affine)
    assert ours.shape == (64, 48, 3)
    assert inside.mean() > 0.2
    difference = np.abs(ours - theirs)[inside]
    assert difference.mean() < 2.0
    assert difference.max() < 14


def test_beyond_the_edge_is_black():
    affine = np.array([[1.0, 0, 20], [0, 1, 0]], np.float32)
    crop = warp(Image.new("RGB", (100, 100), (200, 200, 200)), affine, SIZE)
    assert (crop[:, :20] == 0).all()
    assert (crop[:, 21:] == 200).all()


def test_shrinking_skips_no_pixel():
    # Every other column is white: what is shrunk fourfold is grey, not black or white.
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = warp(Image.fromarray(stripes), np.array([[0.23, 0, 0], [0, 0.23, 0]], np.float32), SIZE)
    assert np.ptp(crop[2:50, 2:46].astype(int)) < 12


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff no picture", None])
def test_what_cannot_be_read_is_none(tmp_path, content):
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    assert FilePixels([path], [(120, 90)]).crop(0, np.eye(2, 3, dtype=np.float32), SIZE) is None


def test_truncated_picture_is_none_and_grey_and_palette_are_read(tmp_path):
    Image.fromarray(picture(0, (300, 300))).save(tmp_path / "whole.jpg")
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(content[: len(content) // 2])
    Image.fromarray(picture(0)).convert("L").save(tmp_path / "grey.jpg")
    Image.fromarray(picture(0)).convert("P").save(tmp_path / "palette.png")
    names = ["half.jpg", "grey.jpg", "palette.png"]
    pixels = FilePixels([tmp_path / name for name in names], [(300, 300), (120, 90), (120, 90)])
    crops = [pixels.crop(row, np.eye(2, 3, dtype=np.float32), SIZE) for row in range(3)]
    assert crops[0] is None
    assert (np.ptp(crops[1].astype(int), axis=-1) == 0).all()
    assert crops[2].shape == (64, 48, 3)


def test_image_is_read_as_colours(tmp_path):
    write_jpg(tmp_path / "a.jpg", 30, 20)
    pixels = read_image(tmp_path / "a.jpg")
    assert pixels.shape == (20, 30, 3)
    np.testing.assert_allclose(pixels, np.broadcast_to([90, 110, 130], (20, 30, 3)), atol=2)
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:300])
    with pytest.raises(InputError, match=r"b\.jpg: damaged or no picture"):
        read_image(tmp_path / "b.jpg")


def write_turned(path, orientation):
    """Write a picture with an EXIF orientation; return how it is shown and how it is stored."""
    upright = np.zeros((20, 30, 3), np.uint8)
    upright[:10, :15], upright[:10, 15:], upright[10:, :15] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    # Stored so that the orientation undoes it, from the definition of the EXIF tag 0x0112.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: np.rot90(upright.swapaxes(0, 1), 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    return upright, stored


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photograph_stands_upright_whichever_way_it_is_stored(tmp_path, orientation):
    upright, stored = write_turned(tmp_path / "a.png", orientation)
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.png"), upright)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), stored)


@pytest.mark.parametrize("orientation", [*range(1, 9), 0, 9])
def test_crop_is_of_the_image_as_it_was_annotated(tmp_path, orientation):
    upright, stored = write_turned(tmp_path / "a.png", min(max(orientation, 1), 8))
    if orientation in (0, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        upright = stored
        Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    assert image_sizes(tmp_path / "a.png") == (stored.shape[1::-1], upright.shape[1::-1])
    for pixels in (upright, stored):
        size = pixels.shape[1::-1]
        crop = FilePixels([tmp_path / "a.png"], [size]).crop(
            0, np.eye(2, 3, dtype=np.float32), size
        )
        # Where both sizes are the same, programs for annotation show the image upright.
        np.testing.assert_array_equal(crop, upright if size == (30, 20) else stored)

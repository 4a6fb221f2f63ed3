import math

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from lifting.imaging import crops
from lifting.skeletons import skeleton

SIZE = (192, 256)
MIRROR = skeleton("h36m17").mirror


def examples():
    """Boxes wide, high and tiny, far from the origin; turned and mirrored."""
    box = [[800.0, 500.0, 300.0, 120.0], [1700.0, 40.0, 90.0, 700.0], [10.0, 20.0, 30.0, 40.0]]
    return {
        "box": torch.tensor(box),
        "scale": torch.tensor([1.0, 0.7, 1.3]),
        "rotation": torch.tensor([0.0, 0.6, -2.0]),
        "mirrored": torch.tensor([False, True, True]),
    }


def affine_of(box, size=SIZE, padding=1.25, scale=None, rotation=None, mirrored=None):
    """The map of boxes given by left, top, width and height."""
    corners = torch.cat([box[:, :2], box[:, :2] + box[:, 2:]], -1)
    centre, zoom = crops.fit_aspect(corners, size, padding)
    return crops.crop_affine(
        centre, zoom if scale is None else zoom / scale, size, rotation, mirrored
    )


def solved(box, scale, rotation, mirrored, size=SIZE, padding=1.25):
    """The map from where three corners of the crop come from, solved for its six numbers."""
    left, top, w, h = box
    if w / h < size[0] / size[1]:
        w = h * size[0] / size[1]
    else:
        h = w * size[1] / size[0]
    middle = np.array([left + box[2] / 2, top + box[3] / 2])
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]]], dtype=float)
    rows, values = [], []
    for u, v in corners:
        x = (u / size[0] - 0.5) * w * padding * scale * (-1 if mirrored else 1)
        y = (v / size[1] - 0.5) * h * padding * scale
        back = np.exp(-1j * rotation) * complex(x, y)
        place = middle + np.array([back.real, back.imag])
        rows += [[*place, 1, 0, 0, 0], [0, 0, 0, *place, 1]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).reshape(2, 3)


def test_the_map_is_the_one_through_three_points():
    given = examples()
    affine = affine_of(given["box"], SIZE, 1.25, *list(given.values())[1:])
    draw = torch.Generator().manual_seed(0)
    points = torch.rand(3, 17, 2, generator=draw) * torch.tensor(SIZE)
    image = crops.apply_affine(crops.invert_affine(affine), points)
    back = crops.to_image(points, affine, tuple(range(17)))
    for i in range(3):
        expected = solved(*(values[i].numpy().astype(float) for values in given.values()))
        exact = np.linalg.solve(expected[:, :2], (points[i].numpy() - expected[:, 2]).T).T
        np.testing.assert_allclose(image[i], exact, atol=1e-3)
        np.testing.assert_allclose(back[i], exact, atol=1e-3)
        there = crops.apply_affine(affine[i : i + 1], torch.from_numpy(exact).float()[None])[0]
        np.testing.assert_allclose(there, points[i], atol=1e-3)


def test_without_options_it_neither_turns_nor_mirrors_nor_distorts():
    box = examples()["box"]
    affine = affine_of(box, SIZE)
    for i in range(3):
        np.testing.assert_allclose(affine[i], solved(box[i].numpy(), 1, 0, False), atol=1e-3)


def test_a_box_of_the_aspect_ratio_fills_the_crop_but_for_the_padding():
    affine = affine_of(torch.tensor([[100.0, 200.0, 96.0, 128.0]]), SIZE)
    corners = torch.tensor([[[100.0, 200.0], [196.0, 328.0]]])
    found = crops.apply_affine(affine, corners)
    # A tenth of each side of the crop is padding: 0.125 of the box, over 1.25.
    torch.testing.assert_close(found, torch.tensor([[[19.2, 25.6], [172.8, 230.4]]]))


def test_a_positive_rotation_turns_x_towards_y():
    box = torch.tensor([[0.0, 0.0, 100.0, 100.0]])
    affine = affine_of(box, (100, 100), 1.0, rotation=torch.tensor([math.pi / 2]))
    right = crops.apply_affine(affine, torch.tensor([[[80.0, 50.0]]]))
    torch.testing.assert_close(right, torch.tensor([[[50.0, 80.0]]]))


def test_keypoints_of_mirrored_crops_change_sides_and_come_back():
    given = examples()
    affine = affine_of(given["box"], SIZE, 1.25, *list(given.values())[1:])
    assert torch.equal(crops.is_mirrored(affine), given["mirrored"])
    draw = torch.Generator().manual_seed(1)
    image = torch.rand(3, 17, 2, generator=draw) * 1000
    inside = crops.to_crop(image, affine, MIRROR)
    plain = crops.apply_affine(affine, image)
    left, right = (skeleton("h36m17").index(f"{side}_wrist") for side in ("left", "right"))
    torch.testing.assert_close(inside[0], plain[0])
    torch.testing.assert_close(inside[1:, left], plain[1:, right])
    torch.testing.assert_close(crops.to_image(inside, affine, MIRROR), image, rtol=0, atol=1e-3)
    seen = torch.arange(51.0).view(3, 17, 1)
    assert torch.equal(crops.swap_sides(seen, affine, MIRROR)[1, left], seen[1, right])
    assert torch.equal(crops.swap_sides(seen, affine, MIRROR)[0], seen[0])


def test_what_is_cropped_lies_where_the_map_says():
    given = examples()
    given["box"] = torch.tensor([[20.0, 10.0, 15.0, 20.0], [0.0, 5.0, 40.0, 30.0], [30, 20, 5, 9]])
    size = (24, 32)
    affine = affine_of(given["box"], size, 1.25, *list(given.values())[1:])
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (3, 2, 48, 64), dtype=np.uint8)
    out = crops.crop(torch.from_numpy(images), affine, size)
    assert out.shape == (3, 2, 32, 24)
    y, x = np.mgrid[:32, :24] + 0.5
    outside = 0
    for i in range(3):
        linear, shift = affine[i, :, :2].double().numpy(), affine[i, :, 2].double().numpy()
        places = np.linalg.solve(linear, np.stack([x.ravel(), y.ravel()]) - shift[:, None])
        # SciPy counts from the centre of the first pixel.
        for c in range(2):
            expected = map_coordinates(
                images[i, c].astype(float), places[::-1] - 0.5, order=1, mode="grid-constant"
            )
            np.testing.assert_allclose(out[i, c].flatten(), expected, atol=0.05)
            outside += (expected == 0).sum()
    assert outside > 10


def test_precision_does_not_depend_on_autocast():
    box = examples()["box"]
    affine = affine_of(box, SIZE)
    points = torch.rand(3, 4, 2) * 1000
    for run in (crops.to_crop, crops.to_image):
        expected = run(points, affine, (0, 1, 2, 3))
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(affine_of(box, SIZE), affine)
            assert torch.equal(run(points, affine, (0, 1, 2, 3)), expected)


@pytest.mark.parametrize("mirrored", [False, True])
def test_gradients_flow_back_to_the_crop(mirrored):
    affine = affine_of(
        torch.tensor([[3.0, 4.0, 50.0, 60.0]]).double(),
        SIZE,
        rotation=torch.tensor([0.3]).double(),
        mirrored=torch.tensor([mirrored]),
    )
    points = torch.rand(1, 4, 2).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: crops.to_image(p, affine, (1, 0, 2, 3)), points)


def test_affine_without_rotation_is_the_closed_form_of_heat_maps():
    box = torch.tensor([100.0, 50.0, 220.0, 450.0])
    centre, scale = crops.fit_aspect(box, (288, 384))
    affine = crops.crop_affine(centre, scale, (288, 384))
    point = torch.tensor([[31.0, 7.0]])  # in the heat map, a quarter of the crop
    extent = 400 * 0.75 * 1.25
    expected = torch.tensor([160.0, 250.0]) + (point - torch.tensor([36.0, 48.0])) * extent / 72
    torch.testing.assert_close(crops.apply_affine(crops.invert_affine(affine), 4 * point), expected)


def test_mirrored_crop_shows_the_mirrored_image():
    centre, scale = torch.tensor([[500.0, 400.0]]), torch.tensor([0.5])
    plain = crops.crop_affine(centre, scale, SIZE)
    flipped = crops.crop_affine(centre, scale, SIZE, mirrored=torch.tensor([True]))
    points = torch.tensor([[[430.0, 390.0], [520.0, 600.0]]])
    expected = crops.apply_affine(plain, points)
    expected[..., 0] = SIZE[0] - expected[..., 0]
    torch.testing.assert_close(crops.apply_affine(flipped, points), expected)

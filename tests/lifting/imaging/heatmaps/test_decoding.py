import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from lifting.errors import InputError
from lifting.imaging.heatmaps import (
    DECODERS,
    argmax,
    dark,
    decode,
    gaussian_targets,
    quarter_offset,
)

SIGMA = 2.0


def simulated(count=200, noise=0.0, dtype=torch.float64):
    draw = torch.Generator().manual_seed(0)
    points = 8 + torch.rand(1, count, 2, generator=draw, dtype=dtype) * torch.tensor([32, 48])
    maps, _ = gaussian_targets(points, torch.ones(1, count) > 0, (48, 64), SIGMA)
    return maps + noise * torch.randn(maps.shape, generator=draw, dtype=dtype), points


def test_argmax_is_the_cell_of_the_keypoint():
    maps, points = simulated()
    found, confidence = argmax(maps)
    torch.testing.assert_close(found, points.floor() + 0.5)
    torch.testing.assert_close(confidence, maps.amax((2, 3)))


def test_quarter_offset_is_the_published_loop():
    maps, _ = simulated(50, noise=0.05)
    # Peaks at a border, in a corner, and one cell and two from the borders.
    for k, (r, c) in enumerate([(0, 20), (63, 47), (1, 20), (30, 1), (2, 2), (62, 46), (61, 47)]):
        maps[0, k, r, c] = 5
    found, _ = quarter_offset(maps)
    for k in range(50):
        plain = maps[0, k].numpy()
        r, c = np.unravel_index(plain.argmax(), plain.shape)
        x, y = float(c), float(r)
        if 1 < c < 47 and 1 < r < 63:
            x += 0.25 * np.sign(plain[r, c + 1] - plain[r, c - 1])
            y += 0.25 * np.sign(plain[r + 1, c] - plain[r - 1, c])
        np.testing.assert_allclose(found[0, k], (x + 0.5, y + 0.5))


def peaked(row, column, right=0.0, below=0.0):
    """A map of 6 rows and 8 columns with a peak of 1, higher on its right and below by so much."""
    maps = torch.zeros(1, 1, 6, 8)
    maps[0, 0, row, column] = 1
    for value, (r, c) in ((right, (row, column + 1)), (below, (row + 1, column))):
        if r < 6 and c < 8:
            maps[0, 0, r, c] = value
    return maps


@pytest.mark.parametrize("decoder", ["quarter", "soft_quarter"])
@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        (3, 4, (4.75, 3.25)),  # Columns 2 to 6 and rows 2 to 4 are shifted.
        (2, 2, (2.75, 2.25)),
        (4, 6, (6.75, 4.25)),
        (1, 4, (4.5, 1.5)),  # Row and column 1 are not, as `1 < x` says.
        (3, 1, (1.5, 3.5)),
        (0, 0, (0.5, 0.5)),
        (5, 4, (4.5, 5.5)),
        (3, 7, (7.5, 3.5)),
    ],
)
def test_published_shifts_leave_two_cells_alone_on_the_left_and_above(
    decoder, row, column, expected
):
    maps = peaked(row, column, right=0.5, below=-0.5)
    found, peak = decode(maps, decoder)
    assert peak.item() == 1
    torch.testing.assert_close(found[0, 0], torch.tensor(expected))


def test_the_published_quarter_puts_what_is_not_found_into_the_first_cell():
    found, peak = decode(-torch.rand(1, 2, 6, 8) - 0.1, "quarter")
    assert found.tolist() == [[[0.5, 0.5], [0.5, 0.5]]]
    assert (peak < 0).all()


def test_l2d_pose_shifts_from_the_cell_of_the_expectation():
    # Equal cells at columns 3 and 4 of row 3: the index expected is 3.5, its cell floor(3.5 + 1/2) = 4.
    # There the left neighbour is higher, and the one below: 3.5 - 1/4 and 3 + 1/4, half a cell further
    # on the axis from the edge of the map.
    maps = torch.zeros(1, 1, 7, 9)
    maps[0, 0, 3, 3:5] = 0.7
    maps[0, 0, 4, 4] = 0.1
    torch.testing.assert_close(decode(maps, "soft_quarter")[0], torch.tensor([[[3.75, 3.75]]]))
    torch.testing.assert_close(decode(maps, "soft_global")[0], torch.tensor([[[4.0, 3.5]]]))


def test_the_shift_of_l2d_pose_has_no_gradient():
    maps, _ = simulated(6, noise=0.02)
    gradients = []
    for decoder in ("soft_quarter", "soft_global"):
        leaf = maps.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(decode(leaf, decoder)[0].sum(), leaf)
        gradients.append(gradient)
    assert gradients[0].abs().max() > 0
    assert torch.equal(*gradients)


def test_dark_finds_the_top_of_a_gaussian_exactly():
    maps, points = simulated()
    torch.testing.assert_close(dark(maps, SIGMA)[0], points, rtol=0, atol=1e-4)
    torch.testing.assert_close(dark(0.3 * maps, SIGMA)[0], points, rtol=0, atol=1e-4)
    # So it does where the detector's peaks are wider than their targets.
    torch.testing.assert_close(dark(maps, 1.3)[0], points, rtol=0, atol=1e-4)


def test_dark_is_newton_s_step_on_scipy_s_blur():
    maps, _ = simulated(50, noise=0.03)
    found, confidence = dark(maps, SIGMA)
    torch.testing.assert_close(confidence, maps.amax((2, 3)))
    for k in range(50):
        blurred = gaussian_filter(maps[0, k].numpy(), SIGMA, mode="constant", radius=8)
        r, c = np.unravel_index(blurred.argmax(), blurred.shape)
        log = np.log(np.maximum(blurred, 1e-10))
        by_row, by_column = np.gradient(log)
        hessian = [
            [np.gradient(g, axis=axis)[r, c] for axis in (1, 0)] for g in (by_column, by_row)
        ]
        step = np.linalg.solve(hessian, [by_column[r, c], by_row[r, c]])
        expected = np.array([c, r]) + 0.5 - np.clip(step, -1, 1)
        np.testing.assert_allclose(found[0, k], expected, atol=1e-9)


def test_dark_stays_in_the_cell_where_there_is_no_hill():
    flat = torch.zeros(1, 1, 20, 20)
    assert dark(flat, SIGMA)[0].tolist() == [[[0.5, 0.5]]]
    edge, _ = gaussian_targets(torch.tensor([[[0.2, 9.7]]]), torch.ones(1, 1) > 0, (20, 20))
    assert dark(edge, SIGMA)[0][0, 0].tolist()[1] == 9.5
    draw = torch.Generator().manual_seed(3)
    noise = torch.randn(1, 500, 20, 20, generator=draw)
    assert dark(noise, SIGMA)[0].isfinite().all()


@pytest.mark.parametrize("name", DECODERS)
def test_precision_and_shape_do_not_depend_on_those_of_the_heat_maps(name):
    maps, _ = simulated(6, dtype=torch.float32)
    maps = maps.view(2, 3, 64, 48)
    expected = decode(maps.bfloat16().float(), name, SIGMA)
    with torch.autocast("cpu", torch.bfloat16):
        found, confidence = decode(maps.bfloat16(), name, SIGMA)
    assert found.dtype == confidence.dtype == torch.float32
    assert torch.equal(found, expected[0])
    assert torch.equal(confidence, expected[1])
    # One at a time, and laid out as a detector on a GPU lays them out.
    single = torch.cat([decode(m[None].bfloat16(), name, SIGMA)[0] for m in maps])
    torch.testing.assert_close(single, found)
    last = maps.bfloat16().contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(decode(last, name, SIGMA)[0], found)


def test_a_decoder_there_is_none_of():
    with pytest.raises(InputError, match="no decoder 'best': choose one of argmax, quarter, dark"):
        decode(torch.zeros(1, 1, 4, 4), "best")

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
    # Peaks at a border and in a corner.
    maps[0, 0, 0, 20], maps[0, 1, 63, 47] = 5, 5
    found, _ = quarter_offset(maps)
    for k in range(50):
        plain = maps[0, k].numpy()
        r, c = np.unravel_index(plain.argmax(), plain.shape)
        x, y = float(c), float(r)
        if 0 < c < 47 and 0 < r < 63:
            x += 0.25 * np.sign(plain[r, c + 1] - plain[r, c - 1])
            y += 0.25 * np.sign(plain[r + 1, c] - plain[r - 1, c])
        np.testing.assert_allclose(found[0, k], (x + 0.5, y + 0.5))


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

import numpy as np
import pytest
import torch

from lifting.imaging.crops import apply_affine, crop_affine, fit_aspect, invert_affine, to_image
from lifting.imaging.heatmaps import crop_to_heatmap, decode, gaussian_targets, heatmap_to_crop
from lifting.imaging.heatmaps.grid import neighbourhood, peak_cells


def made_maps(height=7, width=9):
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("alignment", ["edges", "centres"])
def test_both_directions_undo_each_other(alignment):
    points = torch.rand(5, 4, 2) * 200
    there = crop_to_heatmap(points, alignment)
    torch.testing.assert_close(heatmap_to_crop(there, alignment), points)


def test_edges_lie_on_edges_and_centres_on_centres():
    # The right and lower edges of a crop of 192 x 256 and of its heat-map.
    edge = heatmap_to_crop(torch.tensor([[0.0, 0.0], [48.0, 64.0]]))
    assert edge.tolist() == [[0, 0], [192, 256]]
    # Published: the cell of index i is for the pixel of index 4 i.
    cells = torch.tensor([[0.5, 0.5], [10.5, 20.5]])
    assert heatmap_to_crop(cells, "centres").tolist() == [[0.5, 0.5], [40.5, 80.5]]


def test_an_image_s_keypoint_comes_back_through_crop_and_heat_map():
    size = (192, 256)
    affine = crop_affine(
        *fit_aspect(torch.tensor([[400.0, 200.0, 550.0, 600.0]]), size),
        size,
        rotation=torch.tensor([0.4]),
        mirrored=torch.tensor([True]),
    )
    inside = torch.tensor([[[60.3, 100.7], [120.2, 31.1]]])
    image = apply_affine(invert_affine(affine), inside)
    maps, _ = gaussian_targets(crop_to_heatmap(inside), torch.ones(1, 2) > 0, (48, 64))
    found = to_image(heatmap_to_crop(decode(maps, "dark")[0]), affine, (0, 1))
    torch.testing.assert_close(found, image, rtol=0, atol=1e-3)


def test_peaks_are_numpy_s():
    maps = made_maps()
    row, column, value = peak_cells(maps)
    for b in range(2):
        for k in range(3):
            plain = maps[b, k].numpy()
            expected = np.unravel_index(plain.argmax(), plain.shape)
            assert (row[b, k], column[b, k]) == expected
            assert value[b, k] == plain.max()


def test_cells_around_are_those_of_a_padded_map():
    maps = made_maps()
    row, column = torch.tensor([[0, 3, 6], [1, 5, 2]]), torch.tensor([[0, 4, 8], [7, 1, 8]])
    values, inside = neighbourhood(maps, row, column, 2)
    for b in range(2):
        for k in range(3):
            padded = np.pad(maps[b, k].numpy(), 2, mode="edge")
            there = np.pad(np.ones((7, 9), dtype=bool), 2)
            cut = np.s_[row[b, k] : row[b, k] + 5, column[b, k] : column[b, k] + 5]
            np.testing.assert_array_equal(values[b, k], padded[cut])
            np.testing.assert_array_equal(inside[b, k], there[cut])

import torch

from lifting.imaging.heatmaps import flip_test, mirrored_maps
from lifting.skeletons import skeleton

MIRROR = skeleton("h36m17").mirror


def test_mirrored_maps_change_sides_and_channels():
    maps = torch.rand(2, 17, 3, 4)
    out = mirrored_maps(maps, MIRROR)
    left, right = (skeleton("h36m17").index(f"{side}_knee") for side in ("left", "right"))
    assert torch.equal(out[:, left, :, 0], maps[:, right, :, 3])
    assert torch.equal(out[:, right, :, 1], maps[:, left, :, 2])
    assert torch.equal(mirrored_maps(out, MIRROR), maps)


def test_the_legacy_shift_moves_all_columns_but_the_first():
    maps = torch.rand(2, 17, 3, 4)
    plain, shifted = mirrored_maps(maps, MIRROR), mirrored_maps(maps, MIRROR, shift=True)
    assert torch.equal(shifted[..., 1:], plain[..., :-1])
    assert torch.equal(shifted[..., 0], plain[..., 0])


def test_the_flip_test_is_the_mean_of_both():
    def net(images):
        """Any detector: each keypoint has a mixture of colours of its own."""
        mix = torch.linspace(0, 1, 17)[:, None, None]
        return mix * images[:, :1] + (1 - mix) * images[:, 1:2] * images[:, 2:]

    images = torch.rand(2, 3, 8, 8)
    out = flip_test(net, images, MIRROR)
    plain, other = net(images), net(images.flip(-1))
    for j in range(17):
        expected = (plain[:, j] + other[:, MIRROR[j]].flip(-1)) / 2
        torch.testing.assert_close(out[:, j], expected)
    assert (out - plain).abs().max() > 0.01

import numpy as np
import torch

from lifting.imaging.colour_normalisation import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    blue_first,
    denormalise,
    normalise,
)


def pixels():
    return torch.randint(0, 256, (2, 3, 4, 5), generator=torch.Generator().manual_seed(0))


def test_normalising_is_subtracting_the_mean_and_dividing_by_the_deviation():
    raw = pixels().numpy()
    expected = np.stack(
        [(raw[:, c] / 255 - IMAGENET_MEAN[c]) / IMAGENET_STD[c] for c in range(3)], 1
    )
    out = normalise(pixels().to(torch.uint8))
    assert out.dtype == torch.float32
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_denormalising_undoes_it():
    out = denormalise(normalise(pixels().to(torch.uint8)))
    torch.testing.assert_close(out * 255, pixels().float(), rtol=0, atol=1e-3)


def test_blue_first_twice_is_the_image_itself():
    images = normalise(pixels().to(torch.uint8))
    torch.testing.assert_close(blue_first(blue_first(images)), images)
    assert (blue_first(images) - images).abs().max() > 0.1

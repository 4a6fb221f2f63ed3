import pytest
import torch
from scipy import stats

from datamodules.examples.keypoint_noise import KeypointNoise
from datamodules.synthetic.poses import Synthetic
from lifting.errors import InputError

pytestmark = pytest.mark.slow(
    reason="reads the synthetic human with noise in every split", shapes=True
)

# Of pixels of a thousand, in float32.
CLOSE = {"rtol": 0, "atol": 1e-3}

CLIP, FRAME = torch.zeros(500, 1).long(), torch.arange(500)[:, None]


def draw(epoch=0, **options):
    return KeypointNoise(**options).displacements(CLIP, FRAME, 17, epoch)


def test_normal_noise_has_the_deviation_asked_for():
    drawn = draw(kind="normal", amount=4.0)
    assert drawn.shape == (500, 1, 17, 2)
    assert stats.kstest(drawn.flatten().numpy(), "norm", (0, 4)).pvalue > 1e-3


def test_uniform_noise_fills_a_square_around_the_keypoint():
    """The original's was one-sided (specification E1)."""
    drawn = draw(kind="uniform", amount=6.0)
    assert stats.kstest(drawn.flatten().numpy(), "uniform", (-6, 12)).pvalue > 1e-3


def test_radial_noise_has_a_fixed_length_and_any_direction():
    drawn = draw(kind="radial", amount=5.0)
    torch.testing.assert_close(drawn.norm(dim=-1), torch.full((500, 1, 17), 5.0))
    angle = torch.atan2(drawn[..., 1], drawn[..., 0]).flatten().numpy()
    assert stats.kstest(angle, "uniform", (-torch.pi, 2 * torch.pi)).pvalue > 1e-3


@pytest.mark.parametrize("kind", ["normal", "uniform", "radial"])
def test_fixed_noise_is_the_same_in_every_epoch(kind):
    assert torch.equal(*(draw(e, kind=kind, amount=1.0, fixed=True) for e in (0, 5)))
    first, second = (draw(e, kind=kind, amount=1.0) for e in (0, 5))
    assert not torch.isclose(first, second).any(-1).all()


def test_refuses_a_negative_amount():
    with pytest.raises(InputError, match=r"noise is -1\.0"):
        KeypointNoise(amount=-1.0)


def keypoints(folder, loader, **options):
    module = Synthetic(
        str(folder), frames_per_sequence=6, flip=0.0, batch_size=64, eval_batch_size=64, **options
    )
    module.prepare_data()
    module.setup("fit")
    batch = next(iter(getattr(module, loader)()))
    return module.on_after_batch_transfer(batch, 0)["keypoints"], module


@pytest.mark.parametrize(
    ("loader", "option", "other"),
    [
        ("train_dataloader", "train_noise", "test_noise"),
        ("val_dataloader", "test_noise", "train_noise"),
    ],
)
def test_training_and_evaluation_have_a_noise_each(synthetic_folder, loader, option, other):
    noise = KeypointNoise("radial", 3.0)
    clean, _ = keypoints(synthetic_folder, loader)
    noisy, _ = keypoints(synthetic_folder, loader, **{option: noise})
    torch.testing.assert_close(
        (noisy - clean).norm(dim=-1), torch.full(clean.shape[:3], 3.0), **CLOSE
    )
    assert torch.equal(keypoints(synthetic_folder, loader, **{other: noise})[0], clean)


def test_statistics_are_of_the_noisy_keypoints(synthetic_folder):
    _, clean = keypoints(synthetic_folder, "train_dataloader")
    _, noisy = keypoints(
        synthetic_folder, "train_dataloader", train_noise=KeypointNoise("radial", 3.0)
    )
    difference = noisy.training_frames()[0] - clean.training_frames()[0]
    torch.testing.assert_close(
        difference.norm(dim=-1), torch.full(difference.shape[:2], 3.0), **CLOSE
    )

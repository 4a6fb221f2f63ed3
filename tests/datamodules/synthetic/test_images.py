"""Rendered images as a datamodule: exact truth, what is kept, and mirrored crops."""

import pytest
import torch

from datamodules.crops.augmentation import Augmentation
from datamodules.synthetic.images import SyntheticImages
from datamodules.synthetic.rendered.scenes import make_scene
from lifting.cameras import project
from lifting.errors import InputError
from lifting.imaging.colour_normalisation import IMAGENET_MEAN, IMAGENET_STD
from lifting.imaging.crops import is_mirrored, to_crop
from lifting.skeletons import skeleton

pytestmark = pytest.mark.slow(reason="renders images", shapes=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("rendered"))


def module(folder, **changes):
    options = {
        "folder": folder,
        "images_per_clip": 1,
        "subjects": ("S1", "S8"),
        "train_subjects": ("S1",),
        "val_subjects": ("S8",),
        "test_subjects": (),
        "batch_size": 24,
        "workers": 0,
    }
    data = SyntheticImages(**{**options, **changes})
    data.prepare_data()
    data.setup("fit")
    return data


def first(data, loader):
    return data.on_after_batch_transfer(next(iter(loader)), 0)


@pytest.mark.slow(reason="renders hundreds of images")
def test_truth_is_exact_and_some_of_it_is_hidden(folder):
    data = module(folder)
    batch = first(data, data.train_dataloader())
    assert len(data.split("train")) == 30 * 4
    assert batch["image"].shape == (24, 3, 256, 192)
    projected = project(batch["pose"][:, 0], batch["camera"])
    torch.testing.assert_close(projected, batch["keypoints"], atol=1e-2, rtol=0)
    visibility = data.split("train").records.columns["visibility"]
    hidden = (visibility == 1).float().mean().item()
    assert 0.1 < hidden < 0.5
    # At least as many are hidden where something stands before every person.
    more = module(folder, occluded=1.0).split("train").records.columns["visibility"]
    assert (more == 1).float().mean().item() > hidden + 0.05


def warm(batch, row, thigh):
    """How much redder than blue and green the middle of a thigh is."""
    joints = skeleton("h36m17")
    points = to_crop(batch["keypoints"], batch["affine"], joints.mirror)
    x, y = points[row, thigh].mean(0).int().tolist()
    image = batch["image"][row] * torch.tensor(IMAGENET_STD)[:, None, None]
    image = image + torch.tensor(IMAGENET_MEAN)[:, None, None]
    if not (3 <= x < 189 and 3 <= y < 253):
        return None
    red, green, blue = image[:, y - 2 : y + 3, x - 2 : x + 3].mean((1, 2)).tolist()
    return (red - max(0.85 * green, blue)) / (red + green + blue)


@pytest.mark.slow(reason="renders hundreds of images")
def test_what_looks_left_is_warm_in_mirrored_crops_too(folder):
    how = Augmentation(0.1, 10.0, 0.5, 0.0, 0.0)
    data = module(folder, augmentation=how, occluded=0.0, batch_size=120)
    batch = first(data, data.train_dataloader())
    mirrored, joints = is_mirrored(batch["affine"]), skeleton("h36m17")
    assert 30 < int(mirrored.sum()) < 90
    seen = batch["visibility"] == 2
    for side, sign in (("left", 1), ("right", -1)):
        for state in (False, True):
            found = []
            for row in torch.nonzero(mirrored == state).squeeze(-1).tolist():
                thigh = joints.indices([f"{side}_hip", f"{side}_knee"])
                # In a mirrored crop it is the other thigh that looks like this one.
                if seen[row, [joints.mirror[j] if state else j for j in thigh]].all():
                    found.append(warm(batch, row, thigh))
            found = [sign * value > 0 for value in found if value is not None]
            assert len(found) > 10
            assert sum(found) > 0.9 * len(found)


@pytest.mark.slow(reason="renders hundreds of images")
def test_those_dressed_alike_look_the_same_in_a_mirror_and_other_in_every_image(folder):
    data = module(folder, dressed="alike", occluded=0.0)
    batch = first(data, data.val_dataloader())
    found = [warm(batch, row, [4, 5]) for row in range(24)]
    found = [value for value in found if value is not None]
    # One subject, but trousers of every colour.
    assert min(found) < -0.1
    assert max(found) > 0.1
    poses = data.split("val").records.columns["pose"].double().numpy()
    names = ("S8", "Walking", "54138969")
    appearance = [
        make_scene(
            0, names, frame, poses[0], data.split("val").records.cameras[0], 0.0, True
        ).appearance
        for frame in (0, 40)
    ]
    mirrored = appearance[0].mirrored()
    assert mirrored.patterns == appearance[0].patterns
    for name, colour in appearance[0].colours.items():
        assert (mirrored.colours[name] == colour).all()
    assert (appearance[0].colours["left_thigh"] != appearance[1].colours["left_thigh"]).any()


def test_index_is_kept_and_made_anew_where_it_is_not_of_this_version(folder, monkeypatch):
    data = module(folder)
    monkeypatch.setattr("datamodules.synthetic.images.write_index", lambda *_: pytest.fail("anew"))
    data.prepare_data()
    data.info = data.info.__class__("h36m17", "another version", "")
    with pytest.raises(pytest.fail.Exception, match="anew"):
        data.prepare_data()


@pytest.mark.parametrize(
    ("option", "value"),
    [("images_per_clip", 0), ("occluded", 1.5), ("width", 0), ("dressed", "warmly")],
)
def test_options_without_sense_are_refused(option, value):
    with pytest.raises(InputError, match=f"--data.{option}"):
        SyntheticImages(**{option: value})

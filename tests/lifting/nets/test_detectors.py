import pytest

from lifting.errors import InputError
from lifting.nets.detectors import build_detector


@pytest.mark.parametrize(
    ("name", "count"),
    [("hrnet_w32", 28_536_113), ("pose_resnet_50", 33_999_697), ("pose_resnet_18", 15_376_721)],
)
def test_names_give_the_published_sizes(name, count):
    assert sum(p.numel() for p in build_detector(name, 17).parameters()) == count


@pytest.mark.parametrize("name", ["hrnet", "hrnet_w0", "hrnet_w032x", "pose_resnet_7", "vit"])
def test_an_unknown_detector_is_refused_with_those_there_are(name):
    with pytest.raises(InputError, match=f"no detector '{name}'.*pose_resnet_152"):
        build_detector(name, 17)

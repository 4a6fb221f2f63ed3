"""The app with one lifter, served."""

import pytest

from lifting.inference.app.lifters import Lifters
from tests.lifting.inference.app.served import served
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save


@pytest.fixture(scope="package")
def served_lifters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifters")
    save(make("video_pose_3d"), folder / "vp.ckpt")
    return Lifters([folder])


@pytest.fixture
def asking(served_lifters, tmp_path):
    with served(served_lifters, tmp_path) as ask:
        yield ask

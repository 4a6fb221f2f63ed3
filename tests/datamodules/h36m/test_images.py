"""Human3.6M's images as a datamodule: the subjects of the clip store."""

import pytest

from datamodules import H36M, H36MImages
from lifting.errors import InputError
from tests.datamodules.made_images import prepare, record

SMALL = {"width": 24, "height": 32, "workers": 0, "batch_size": 2}


def test_human36m_has_the_subjects_of_its_clip_store(tmp_path):
    index = str(prepare(tmp_path, [record(n, s) for s in ("S1", "S8", "S9") for n in (0, 1)]))
    data = H36MImages(index, **SMALL)
    theirs = H36M().subjects
    assert data.subjects == {split: theirs[split] for split in ("train", "val", "test")}
    with pytest.raises(InputError, match="no image of 'S5'; it has S1, S8, S9"):
        data.setup("fit")
    few = H36MImages(index, train_subjects=["S1"], test_subjects=["S9"], **SMALL)
    few.setup("fit")
    assert len(few.split("train")) == len(few.split("val")) == 2

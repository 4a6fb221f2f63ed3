"""Tests of the command that makes a store which a stage lacks."""

from pathlib import Path

import pytest

from lifting.pipeline.plan import Stage
from lifting.pipeline.stores import how_to_make

STORE = Path("data/h36m.h5")
H36M = (
    "make it with `lifting prepare h36m RAW --out data/h36m.h5` (docs/data.md), or check the path."
)


@pytest.mark.parametrize(
    ("configs", "options", "path", "remedy"),
    [
        (["H36M"], {}, STORE, H36M),
        (["datamodules.H36M"], {}, STORE, H36M),
        (["CMU", None, "H36M"], {}, STORE, H36M),
        (["CMU"], {"data": "H36M"}, STORE, H36M),
        ([], {"data.class_path": "H36M"}, STORE, H36M),
        (["H36M"], {}, Path("data/boxes.json"), "check the path."),
        (["no.such.Class"], {}, STORE, "check the path."),
        ([None], {}, STORE, "check the path."),
    ],
)
def test_the_data_of_the_stage_say_it(tmp_path, configs, options, path, remedy):
    files = [tmp_path / f"{n}.yaml" for n in range(len(configs))]
    for file, name in zip(files, configs, strict=True):
        file.write_text(f"data: {{class_path: {name}}}" if name else "trainer: {devices: 1}")
    stage = Stage("one", tmp_path, configs=tuple(files), options=options)
    assert how_to_make(stage, path) == remedy

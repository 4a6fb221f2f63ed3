"""The figures of a user study, as a user has them drawn."""

import json
from pathlib import Path

import pytest
from PIL import Image

from datamodules.synthetic.procedural import clips as synthetic_clips
from tests.scripts.running import refused, script

pytestmark = pytest.mark.slow(reason="draws the figures of a user study", shapes=True)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking",))
    synthetic_clips.write_store("human.h5", 0, 12, ("S1", "S9"))
    options = ["--images", "12", "--annotators", "4", "--votes", "3"]
    script("simulate_annotations", "human.h5", *options)
    return tmp_path


def test_figures_are_written_and_those_left_out_are_named(workplace, capsys):
    script("plot_annotations", "data/simulated_answers.json", "--source", "human.h5")
    said = capsys.readouterr().out.splitlines()
    drawn = sorted(Path("runs/annotations").iterdir())
    assert sorted(line for line in said if line.endswith(".png")) == [str(path) for path in drawn]
    assert len(drawn) == 10
    for path in drawn:
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300
    rights = [line for line in said if line.startswith("right in the ")]
    assert len(rights) == 2
    assert all(kind in rights[0] for kind in ("180 single answers", "majority", "60 merged"))

    capsys.readouterr()
    script("plot_annotations", "data/simulated_depth.json", "--out", "elsewhere")
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if line.startswith("left out: ")]) == 7
    assert len(list(Path("elsewhere").iterdir())) == 3


def test_frames_that_were_asked_about_may_have_pictures(workplace):
    Path("pictures").mkdir()
    for image in json.loads(Path("data/simulated_depth.json").read_text())["images"]:
        Image.new("RGB", (1000, 1000), "navy").save(f"pictures/{Path(image['im_file']).stem}.png")
    arguments = ["--source", "human.h5", "--pictures", "pictures", "--out", "out"]
    script("plot_annotations", "data/simulated_answers.json", *arguments)
    with Image.open("out/easiest_and_hardest.png") as picture:
        colours = {colour: n for n, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert colours[0, 0, 128] > 0.2 * sum(colours.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.json"], "there is no such file"),
        (["data/simulated_answers.json", "--source", "gone.h5"], "there is no such file"),
        (["data/simulated_answers.json", "--experts", "[emil]"], "--experts names emil"),
        (["data/simulated_answers.json", "--bin", "0"], "--bin is 0"),
        (["data/simulated_answers.json", "--frame", "world"], "--frame is 'world'"),
        (["human.h5"], "human.h5: damaged or not a JSON file"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_drawn(workplace, capsys, arguments, message):
    assert message in refused(capsys, "plot_annotations", *arguments)
    assert not Path("runs").exists()

"""The command that measures completion by a flow, on made-up people."""

import pytest
import torch

from lifting.cli.complete import complete
from lifting.errors import InputError
from lifting.methods import ElePose
from lifting.skeletons.occlusion import CASES
from tests.made_lifters import save, with_statistics
from tests.made_trainings import write_stages


def test_every_case_gets_a_row_with_the_mean_between_one_draw_and_the_best(tmp_path, capsys):
    write_stages(tmp_path)
    torch.manual_seed(0)
    lifter = save(with_statistics(ElePose(width=8)), tmp_path / "lifter.ckpt")
    files = {"lifter": lifter, "flow": str(tmp_path / "flow.ckpt")}
    files["store"] = str(tmp_path / "people.h5")
    complete(**files, subjects=["S8"], frames="every4", draws=3, steps=2)
    _, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert len(rows) == len(CASES) - 1
    for row, case in zip(rows, CASES[1:], strict=True):
        name, *cells = (cell.strip() for cell in row.strip("| ").split("|"))
        assert name == case.name.replace("_", " ")
        numbers = [float(cell) for cell in cells]
        one, best, spread = numbers[3:6]
        assert all(number == number for number in numbers)
        assert 0 < best < one
        assert spread > 0


@pytest.mark.parametrize("option", ["draws", "steps"])
def test_numbers_below_one_are_refused(option):
    with pytest.raises(InputError, match=option):
        complete(lifter="a", flow="b", store="c", subjects=["S9"], **{option: 0})

"""TRC files, taken apart by hand as OpenSim's adapter does: by tabs, the columns by their names."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.export.trc import trc_text
from tests.lifting.export.made_motion import motion


def test_the_header_says_rate_counts_units_and_markers():
    person = motion()
    lines = [line.split("\t") for line in trc_text(person, "walk_3d_person0.trc").split("\n")]
    assert lines[0] == ["PathFileType", "4", "(X/Y/Z)", "walk_3d_person0.trc"]
    header = dict(zip(lines[1], lines[2], strict=True))
    assert header == {
        **{"DataRate": "25", "CameraRate": "25", "NumFrames": "5", "NumMarkers": "17"},
        **{"Units": "m", "OrigDataRate": "25", "OrigDataStartFrame": "7", "OrigNumFrames": "5"},
    }
    assert lines[3][:2] == ["Frame#", "Time"]
    assert lines[3][2::3] == list(person.joints)
    assert lines[4][2:8] == ["X1", "Y1", "Z1", "X2", "Y2", "Z2"]
    assert lines[4][-1] == "Z17"
    assert lines[5] == [""]
    assert lines[-1] == [""], "the last line ends"


def test_markers_come_back_where_they_were_at_their_times():
    person = motion(fps=30000 / 1001)
    rows = [line.split("\t") for line in trc_text(person, "a.trc").splitlines()[6:]]
    assert {len(row) for row in rows} == {2 + 3 * 17}
    assert [int(row[0]) for row in rows] == [7, 8, 9, 10, 11]
    times = [float(row[1]) for row in rows]
    np.testing.assert_allclose(times, np.arange(7, 12) * 1001 / 30000, atol=1e-6)
    back = np.array([[float(cell) for cell in row[2:]] for row in rows])
    back = back.reshape(5, 17, 3)
    wanted = (person.pose + person.trajectory[:, None]) * [1e-3, -1e-3, -1e-3]
    np.testing.assert_allclose(back, wanted, atol=1e-6)
    assert np.isnan(back).sum() == 3


def test_without_frames_per_second_there_is_no_trc():
    with pytest.raises(InputError, match="TRC holds frames per second"):
        trc_text(motion(fps=None), "a.trc")

import numpy as np
import pytest

from lifting.errors import InputError
from tests.lifting.export.made_motion import motion


def test_positions_are_metres_with_y_up_and_z_towards_the_camera():
    person = motion()
    for frame, joint in ((0, 0), (4, 16)):
        x, y, z = person.pose[frame, joint] + person.trajectory[frame]
        wanted = (x / 1000, -y / 1000, -z / 1000)
        np.testing.assert_allclose(person.positions[frame, joint], wanted, rtol=1e-5)
    still = motion(trajectory=None)
    np.testing.assert_allclose(still.positions[2, 1, 1], -still.pose[2, 1, 1] / 1000, rtol=1e-5)


def test_a_missing_rate_is_refused():
    for fps in (None, np.nan, 0.0):
        with pytest.raises(InputError, match=f"person0: TRC holds frames per second, .*{fps}"):
            motion(fps=fps).rate("TRC")

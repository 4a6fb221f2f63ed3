import pytest

from lifting.errors import InputError
from lifting.inference.photographs.options import PhotographOptions


def test_a_picture_has_room_to_be_seen():
    with pytest.raises(InputError, match="--height is 8: give at least 32"):
        PhotographOptions(height=8)

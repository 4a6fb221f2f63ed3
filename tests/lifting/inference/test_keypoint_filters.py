import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_filters import KeypointFilter, parse_filter


def test_filters_are_parsed():
    assert parse_filter("butterworth") == KeypointFilter("butterworth", 6.0)
    assert parse_filter("butterworth:4.5") == KeypointFilter("butterworth", 4.5)
    assert parse_filter("none") == KeypointFilter("none")
    assert parse_filter("savgol") == KeypointFilter("savgol")
    for text, sentence in (
        (
            "kalman",
            "no smoothing of keypoints 'kalman'; known are butterworth, one_euro, savgol, none",
        ),
        ("butterworth:fast", "is butterworth:fast: give a cut-off in Hz"),
        ("butterworth:-1", "is butterworth:-1"),
        ("butterworth:nan", "is butterworth:nan"),
        ("savgol:6", "is savgol:6: give a cut-off in Hz to butterworth alone"),
    ):
        with pytest.raises(InputError, match=sentence):
            parse_filter(text)

import pytest

from lifting.errors import InputError
from lifting.inference.output_options import OutputOptions, with_person_height


@pytest.mark.parametrize(
    ("formats", "wanted"),
    [
        (None, ("bvh",)),
        ("none", ()),
        ("npz", ()),
        ("csv, TRC", ("trc", "csv")),
        ("npz,bvh,trc,c3d,csv,angles", ("bvh", "trc", "c3d", "csv", "angles")),
        ("all", ("bvh", "trc", "c3d", "csv", "angles")),
    ],
)
def test_formats_are_those_that_are_asked_for(formats, wanted):
    assert OutputOptions(formats=formats).wanted(("bvh",)) == wanted


@pytest.mark.parametrize(
    ("text", "heights"),
    [
        (None, {}),
        ("1.78", {None: 1.78}),
        ("anna=1.6", {"anna": 1.6}),
        ("S1/walk=1.78, b=c=0.9", {"S1/walk": 1.78, "b=c": 0.9}),
    ],
)
def test_heights_are_everyone_s_or_somebody_s(text, heights):
    assert OutputOptions(person_height=text).heights == heights


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"formats": "trcc"}, r"--formats: there is no 'trcc'; did you mean --formats trc\?"),
        ({"formats": "csv,fbx"}, "there is no 'fbx'; give bvh, trc, c3d, csv, angles, with commas"),
        ({"person_height": "178"}, "--person_height is '178': give metres, as --person_height 1.7"),
        ({"person_height": "nan"}, "--person_height is 'nan'"),
        ({"person_height": "anna"}, "--person_height is 'anna'"),
        ({"person_height": ""}, "--person_height is ''"),
        ({"person_height": "anna=0.1"}, "--person_height is '0.1'"),
        ({"person_height": "1.7,anna=1.8"}, "give one number for everyone, or one by each name"),
    ],
)
def test_what_is_no_height_or_format_is_refused(options, sentence):
    with pytest.raises(InputError, match=sentence):
        OutputOptions(**options)


def test_a_height_that_no_image_has_is_that_of_a_person():
    assert with_person_height({"height": 1.78, "width": None}) == {
        "width": None,
        "person_height": "1.78",
    }
    for options in ({"height": 720.0}, {"height": None, "person_height": "1.8"}, {}):
        assert with_person_height(options) is options
    with pytest.raises(InputError, match=r"--height 1.78 and --person_height say the same"):
        with_person_height({"height": 1.78, "person_height": "1.8"})

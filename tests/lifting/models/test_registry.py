import json

import pytest

from lifting.errors import InputError
from lifting.models import registered
from lifting.models.registry import HERE, KINDS, read_entries, user_file, write_entry
from lifting.skeletons import SKELETONS

ENTRY = {"kind": "lifter", "source": "runs:first", "licence": "my own"}
ROW = {"path": "a.onnx", "size": 1, "sha256": "0" * 64}


def test_every_entry_of_the_suite_says_what_it_is_and_has_a_card():
    for name, model in registered().items():
        assert model.name == name
        assert model.kind in KINDS
        assert model.licence != "not stated"
        assert model.joint_set
        assert set(model.joint_set.split(" → ")) <= SKELETONS.keys()
        assert model.about
        assert model.read_card().startswith(("# ", "---\n"))
        assert model.size > 0


def test_the_detector_is_two_files_of_a_published_wheel():
    model = registered()["blazepose"]
    assert (model.kind, model.source) == ("detector", "pypi:mediapipe==0.10.14")
    assert {file.path: file.size for file in model.files} == {
        "pose_detection.tflite": 2_959_046,
        "pose_landmark_full.tflite": 6_440_512,
    }


def test_a_user_s_entry_is_added_and_stands_in_for_that_of_the_suite():
    write_entry(user_file(), "mine", ENTRY)
    write_entry(user_file(), "blazepose", ENTRY)
    models = registered()
    assert models["mine"].licence == "my own"
    assert models["blazepose"].source == "runs:first"
    assert models["mine"].read_card() == "# mine\n\nlifter. Licence: my own.\n"
    assert list(read_entries(user_file())) == ["blazepose", "mine"]


def test_without_the_variable_the_file_lies_in_the_user_s_configuration(monkeypatch, tmp_path):
    monkeypatch.delenv("LIFTING_MODELS_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_file() == tmp_path / "lifting" / "models.json"


def test_the_file_may_be_named_from_the_home_folder_on(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LIFTING_MODELS_FILE", "~/models.json")
    assert user_file() == tmp_path / "models.json"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "mine: is no object"),
        ({"kind": "lifter"}, "its source is none of package, "),
        (ENTRY | {"kind": "person"}, "its kind is none of lifter, "),
        (ENTRY | {"kinds": "x"}, "has the unknown key kinds"),
        (ENTRY | {"about": 3}, "holds what is no text"),
        (ENTRY | {"source": "http://a.org"}, "its source is none of"),
        (ENTRY | {"source": "https://a.org"}, "has no files"),
        (ENTRY | {"files": {}}, "its files are no list"),
        (ENTRY | {"files": [ROW | {"path": "../a"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"path": "/a"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"path": "a\0b"}]}, "a file lacks path, size or sha256"),
        (
            ENTRY | {"files": [ROW | {"path": "a\ud800"}]},
            "a file lacks path, size or sha256",
        ),
        (ENTRY | {"files": [ROW | {"at": "../../a"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"size": True}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"size": -1}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"sha256": "0"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"size": "1"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [{"path": "a"}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW | {"size": 10**30}]}, "a file lacks path, size or sha256"),
        (ENTRY | {"files": [ROW, ROW | {"size": 2}]}, "has the file a.onnx twice"),
        (ENTRY | {"files": [ROW, ROW | {"path": "./a.onnx"}]}, "has the file a.onnx twice"),
        (ENTRY | {"files": [ROW, ROW | {"path": "a.onnx/b"}]}, "has the file a.onnx/b twice"),
        (ENTRY | {"source": "path:/"}, "its source path:/ names nothing"),
        (ENTRY | {"source": "path:"}, "its source path: names nothing"),
        (ENTRY | {"source": "path:."}, "its source path:. names nothing"),
        (ENTRY | {"source": "path:/a/.."}, "its source path:/a/.. names nothing"),
        (ENTRY | {"source": "runs:"}, "its source runs: names nothing"),
        (ENTRY | {"source": "https://"}, "its source https:// names nothing"),
        (ENTRY | {"source": "pypi:--pre"}, "its source pypi:--pre names nothing"),
        (ENTRY | {"source": "hf:me/a b"}, "its source hf:me/a b names nothing"),
        (ENTRY | {"about": "\x1b[2J"}, "its about is no line that can be printed"),
        (ENTRY | {"licence": "\ud800"}, "its licence is no line that can be printed"),
    ],
)
def test_a_wrong_entry_is_named_and_not_written(entry, message):
    user_file().write_text(json.dumps({"mine": entry}))
    # Of JSON that nothing can hold the reader says so.
    read = f"{message}|which is too large|not a JSON file"
    with pytest.raises(InputError, match=read) as caught:
        registered()
    assert str(user_file()) in str(caught.value)
    if entry:
        user_file().unlink()
        with pytest.raises(InputError, match=message):
            write_entry(user_file(), "mine", entry)
        assert not user_file().exists()


def test_a_file_that_is_nested_without_end_is_no_registry():
    user_file().write_text("[" * 100_000)
    with pytest.raises(InputError, match="damaged or not a JSON file"):
        registered()


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "hf:me", "-x", "x" * 101])
def test_a_name_that_could_be_a_path_is_refused(name):
    with pytest.raises(InputError, match="a name has letters"):
        write_entry(user_file(), name, ENTRY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"mine": {}, "mine": {}}', "models.json: has 'mine' twice; see"),
        ('{"mine": {"kind": "lifter", "kind": "prior"}}', "models.json: has 'kind' twice; see"),
    ],
)
def test_what_is_there_twice_is_named(content, message):
    user_file().write_text(content)
    with pytest.raises(InputError, match=message):
        registered()


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_damaged_file_is_named(content):
    user_file().write_bytes(content.encode("latin-1"))
    with pytest.raises(
        InputError, match=r"models.json: (is no registry of models|damaged or not a JSON file)"
    ):
        registered()


def test_weights_in_the_package_are_small():
    shipped = HERE / "shipped"
    assert sum(path.stat().st_size for path in shipped.rglob("*") if path.is_file()) <= 12_000_000

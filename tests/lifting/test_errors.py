import errno
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import pytest

from lifting.errors import (
    CheckpointError,
    InputError,
    InputWarning,
    Option,
    Phrase,
    did_you_mean,
    explain,
    guarded,
    installation,
    listening,
    located,
    warn,
)


def test_an_input_error_is_explained_by_its_own_sentence():
    assert explain(InputError("a.npz: no such file; check the path.")) == (
        "a.npz: no such file; check the path."
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_a_full_disk_is_explained_with_the_file(number):
    sentence = explain(OSError(number, "text of the system", "runs/a.ckpt"))
    assert sentence == (
        "The disk is full while writing runs/a.ckpt: "
        "free some space and run the same command again."
    )


def test_the_device_that_is_always_full_is_explained():
    with pytest.raises(OSError, match="No space") as caught:
        Path("/dev/full").write_text("x")
    assert explain(caught.value).startswith("The disk is full")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a defect"),
        OSError(errno.ENOENT, "No such file or directory", "a"),
        OSError("file write failed: errno = 28, error message = 'No space'"),
        KeyError("errno = 28,"),
    ],
)
def test_other_errors_keep_their_traceback(error):
    assert explain(error) is None


def test_an_hdf5_error_that_is_not_a_full_disk_keeps_its_traceback(tmp_path):
    (tmp_path / "a.h5").write_text("no HDF5")
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the kind is h5py's, not ours
        h5py.File(tmp_path / "a.h5")
    assert explain(caught.value) is None


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (InputError("wrong."), 2, "Error: wrong.\n"),
        (OSError(errno.ENOSPC, "", "a"), 2, "Error: The disk is full while writing a: free"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_a_guarded_command_ends_with_a_sentence_and_a_status(error, status, text, capsys):
    with pytest.raises(SystemExit) as caught:
        guarded(lambda: _raise(error))
    assert caught.value.code == status
    assert capsys.readouterr().err.startswith(text)


def test_a_guarded_defect_is_raised():
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 / 0)


def test_an_error_keeps_its_parts_and_places_are_put_before_it():
    error = CheckpointError("has no name", "person 2", "give one.").at(Path("a/walk.json"))
    assert str(error) == "a/walk.json: person 2: has no name; give one."
    assert (error.what, error.remedy) == ("has no name", "give one.")
    assert isinstance(error, CheckpointError)


def test_an_error_raised_inside_is_located_and_keeps_its_kind_and_cause():
    inner = CheckpointError("has no name", "person 2", "give one.")
    with pytest.raises(CheckpointError) as caught, located(Path("a/walk.json")):
        raise inner
    assert str(caught.value) == "a/walk.json: person 2: has no name; give one."
    assert caught.value.__cause__ is inner


def test_an_error_of_another_kind_is_not_located():
    inner = ValueError("a defect")
    with pytest.raises(ValueError, match=r"^a defect$") as caught, located("walk.json"):
        raise inner
    assert caught.value is inner


def test_a_file_is_called_by_its_name_wherever_it_is_mentioned():
    path = Path("elsewhere/walk.json")
    error = InputError(f"{path} is empty", path, f"remove {path}.").naming(path)
    assert str(error) == "walk.json: walk.json is empty; remove walk.json."


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENAMETOOLONG, errno.EIO])
def test_what_is_wrong_with_a_path_itself_is_one_sentence(number):
    error = OSError(number, os.strerror(number), b"data/walk.h5")
    sentence = f"data/walk.h5: cannot be used ({os.strerror(number)}); check it and who may use it."
    assert explain(error) == sentence
    assert explain(OSError(number, "of no path")) is None


def test_a_file_that_is_missing_may_be_a_defect():
    assert explain(FileNotFoundError(errno.ENOENT, "No such file", "walk.h5")) is None


def test_options_are_called_otherwise_wherever_they_stand():
    inner = Phrase("{} or {}", Option("width"), 3)
    error = InputError(Phrase("is {}", inner), Option("camera"), Phrase("drop {}.", Option("fps")))
    error = error.at("walk.json")
    assert str(error) == "walk.json: --camera: is --width or 3; drop --fps."
    assert error.told(lambda o: o.name.upper()) == "walk.json: CAMERA: is WIDTH or 3; drop FPS."
    assert list(error.remedy.options()) == [Option("fps")]
    # Another process gets it whole, and a text that is as a template is kept as it is.
    copy = pickle.loads(pickle.dumps(error.at("{}")))
    assert copy.told(lambda o: "x") == "{}: walk.json: x: is x or 3; drop x."
    meant = did_you_mean("widht", ["width"], Option("set"))
    assert (meant, meant.told(lambda o: "x")) == (
        "did you mean --set width?",
        "did you mean x width?",
    )


def test_a_file_is_called_by_its_name_in_phrases_too():
    path = Path("/tmp/somewhere/walk.json")
    error = InputError(
        Phrase("{} and {}", f"in {path}", Option("fps")),
        Phrase("{}: {}", path, "anna"),
        f"see {path}.",
    )
    named = error.naming(path)
    assert str(named) == "walk.json: anna: in walk.json and --fps; see walk.json."
    assert named.told(lambda o: "x") == "walk.json: anna: in walk.json and x; see walk.json."
    assert InputError("x", Option("fps")).naming(path).where == Option("fps")


def test_whoever_listens_hears_the_warnings_of_this_thread_alone():
    with listening() as outer:
        warn(InputError("first"))
        with listening() as inner:
            warn(InputError("second"))
        # Of another thread nobody here listens to.
        with pytest.warns(InputWarning, match="third"), ThreadPoolExecutor(1) as pool:
            pool.submit(warn, InputError("third")).result()
    assert [str(w) for w in outer] == ["first"]
    assert [str(w) for w in inner] == ["second"]
    with pytest.warns(InputWarning, match="fourth") as told:
        warn(InputError("fourth"), stacklevel=1)
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    ("error", "option"),
    [
        (InputError("is wrong", Option("fps")), "fps"),
        (InputError(Phrase("{} is 3: give more.", Option("model.lr"))), "model.lr"),
        (InputError(Phrase("{}, 3", Phrase("{} is 1", Option("devices")))), "devices"),
        (InputError("x", Phrase("{} 3", Option("run")), Phrase("{}", Option("other"))), "run"),
        (InputError(Phrase("{} is 3", Option("model.lr")), "a.yaml"), None),
        (InputError(Phrase("not {}", Option("model.lr"))), None),
        (InputError("--model.lr is 3: give more."), None),
    ],
)
def test_the_option_that_an_error_is_about(error, option):
    assert error.option == (None if option is None else Option(option))


def test_an_extra_is_installed_as_the_suite_was(monkeypatch, tmp_path):
    assert installation("hub") == 'pip install -c constraints.txt -e ".[hub]"'
    monkeypatch.setattr("lifting.errors.__file__", str(tmp_path / "lifting/errors.py"))
    assert installation("hub") == 'pip install "lifting-suite[hub]"'


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_that_wants_no_more_ends_a_command_without_a_word(lines, capfd, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        monkeypatch.setattr("sys.stdout", closed)
        with pytest.raises(SystemExit) as ended:
            guarded(lambda: print("line\n" * lines))
        monkeypatch.undo()
    assert ended.value.code == 141
    assert capfd.readouterr().err == ""


def test_another_pipe_that_breaks_is_a_defect():
    with pytest.raises(BrokenPipeError):
        guarded(lambda: _raise(BrokenPipeError(errno.EPIPE, "Broken pipe")))

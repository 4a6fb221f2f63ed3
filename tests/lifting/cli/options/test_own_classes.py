"""Mistakes in classes of somebody's own, told from wrong options."""

import sys

import pytest
from jsonargparse import Namespace

from lifting.cli.options.own_classes import mistake_in_building, mistake_in_import
from lifting.cli.training import run
from lifting.errors import InputError

BUILDS = """
from lifting.errors import InputError

class Method:
    def __init__(self, what=None, inner=None):
        if what == "refused":
            raise InputError("is refused")
        if what == "mistaken":
            self.nets.append(1)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes a module of a name that no other test has, and returns the name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name, text):
        (tmp_path / f"own_{name}.py").write_text(text)
        return f"own_{name}"

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("own_"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("import there_is_none", ModuleNotFoundError),
        ("import own_", ModuleNotFoundError),
        ("from lifting.errors import Nothing", ImportError),
        ("x = undefined", NameError),
        ("def f(:", SyntaxError),
        ("{}['x']", KeyError),
    ],
)
def test_a_mistake_in_a_module_is_found_wherever_it_is_named(own, tmp_path, text, kind):
    name = f"{own('broken', text)}.Method"
    (tmp_path / "a.yaml").write_text(f"trainer: {{callbacks: [{{class_path: {name}}}]}}\n")
    for words in (
        ["fit", "--model", name],
        ["fit", f"--model.class_path={name}"],
        ["fit", "--trainer.callbacks+", name],
        ["fit", "-c", "a.yaml"],
    ):
        assert type(mistake_in_import(words)) is kind


def test_what_is_not_there_is_no_mistake(own, tmp_path):
    good = own("good", BUILDS)
    (tmp_path / "a.yaml").write_text("model: {class_path: lifting.methods.Nothing}\n")
    for words in (
        ["fit", "--model", "there_is_none.Method"],
        ["fit", "--model", "there.is.none.Method", "--data=lifting.nothing.Data"],
        ["fit", "--model", f"{good}.Nothing", "--run", "some.run", "-c", "gone.yaml"],
        ["fit", "-c", "a.yaml", "--model"],
    ):
        assert mistake_in_import(words) is None
    assert "some" not in sys.modules


def test_what_a_class_fails_with_is_found(own):
    path = f"{own('builds', BUILDS)}.Method"

    def part(**options):
        return Namespace(class_path=path, init_args=Namespace(**options))

    assert mistake_in_building([part(), Namespace(class_path=path)]) is None
    mistake = mistake_in_building([part(), part(what="mistaken")])
    assert isinstance(mistake, AttributeError)
    assert "'Method' object has no attribute 'nets'" in str(mistake)
    assert isinstance(mistake_in_building([part(what="refused")]), InputError)
    # Who is given a class has not been given what was built of it.
    inner = {"class_path": path}
    assert mistake_in_building([part(what="mistaken", inner=inner)]) is None
    assert isinstance(mistake_in_building([part(what="refused", inner=[inner])]), InputError)


MINE = """
from lifting.errors import InputError
from lifting.methods import VideoPose3D

class Mine(VideoPose3D):
    "A lifter."
    def configure_nets(self):
        super().configure_nets()
        {}
"""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("self.nets.append(1)", AttributeError, marks=pytest.mark.exhaustive),
        ("self.hparams['width']", KeyError),
        pytest.param("int('x')", ValueError, marks=pytest.mark.exhaustive),
        ("raise InputError('is refused')", InputError),
    ],
)
def test_a_mistake_in_a_lifter_of_ones_own_keeps_its_traceback(own, line, kind):
    name = own(f"lifter_{kind.__name__}", MINE.format(line))
    words = ["fit", "--run", "mine", "--model", f"{name}.Mine", "--data", "datamodules.Synthetic"]
    with pytest.raises(kind) as caught:
        run([*words, "--wandb", "disabled"])
    places = [entry.path for entry in caught.traceback] if kind is not InputError else []
    assert kind is InputError or any(name in str(place) for place in places)
    own(f"lifter_{kind.__name__}2", "import there_is_none")
    words[words.index(f"{name}.Mine")] = f"{name}2.Mine"
    with pytest.raises(ModuleNotFoundError, match="there_is_none"):
        run(words)

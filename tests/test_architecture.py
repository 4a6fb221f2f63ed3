"""The floor plan (docs/architecture.md): imports run one way and in no circle, files keep their size."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = ("lifting", "datamodules", "callbacks", "scripts", "space")

# What everybody may use, and knows nobody but itself.
POSES = {
    "lifting",
    "lifting.batch",
    "lifting.cameras",
    "lifting.containers",
    "lifting.errors",
    "lifting.extensions",
    "lifting.files",
    "lifting.geometry",
    "lifting.imaging",
    "lifting.keypoints",
    "lifting.on_device",
    "lifting.skeletons",
    "lifting.viz",
    "lifting.windows",
}
MODELS = POSES | {"lifting.models"}
NETWORKS = MODELS | {"lifting.checkpoints", "lifting.losses", "lifting.metrics", "lifting.nets"}
METHODS = NETWORKS | {"lifting.methods", "lifting.published"}
CORE = METHODS | {"lifting.exchange", "lifting.export", "lifting.runs"}
CORE |= {"lifting.pipeline", "lifting.reporting", "lifting.results"}
DATA = {"datamodules", "callbacks"}
# By room, what it may import besides itself.
ALLOWED = {
    **dict.fromkeys(POSES, POSES),
    "lifting.models": POSES,
    "lifting.checkpoints": MODELS,
    "lifting.losses": POSES,
    "lifting.metrics": POSES,
    "lifting.nets": POSES,
    "lifting.published": NETWORKS,
    "lifting.runs": POSES,
    "lifting.methods": METHODS,
    "lifting.exchange": METHODS,
    "lifting.export": METHODS,
    "lifting.pipeline": POSES | {"lifting.metrics", "lifting.runs"},
    "lifting.reporting": POSES | {"lifting.metrics", "lifting.runs"},
    "lifting.results": POSES | {"lifting.metrics", "lifting.pipeline", "lifting.runs"},
    "datamodules": POSES,
    "callbacks": METHODS | {"datamodules", "lifting.results", "lifting.runs"},
    "lifting.inference": CORE | DATA,
    "lifting.cli": CORE | DATA | {"lifting.inference"},
    "lifting.__main__": {"lifting.cli"},
    "scripts": {"lifting.cli"},
    "space": POSES | {"lifting.inference", "lifting.methods"},
}


def modules() -> dict[str, Path]:
    found = {}
    for top in TOP:
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()
TREES = {module: ast.parse(path.read_text("utf-8")) for module, path in MODULES.items()}


def imported(module: str) -> Iterator[str]:
    """Yield the modules that one imports, anywhere in it: also in functions and for types alone."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            while name and name not in MODULES:
                name = name.rpartition(".")[0]
            if name and name != module:
                yield name


IMPORTS = {module: set(imported(module)) for module in MODULES}


def room(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "lifting" else parts[0]


def test_every_room_has_its_place():
    assert {room(module) for module in MODULES} - {"lifting.py"} <= ALLOWED.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_one_way(module):
    own = room(module)
    wrong = {name for name in IMPORTS[module] if room(name) not in ALLOWED[own] | {own}}
    assert not wrong


def test_there_is_no_circle():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("lifting.methods.")))
def test_bases_import_no_method(module):
    if module.startswith("lifting.methods.bases"):
        wrong = [name for name in IMPORTS[module] if name.startswith("lifting.methods.")]
        assert all(name.startswith("lifting.methods.bases") for name in wrong)


def test_no_file_is_too_long():
    paths = [*MODULES.values(), *(ROOT / "tests").rglob("*.py")]
    long = {str(p): n for p in paths if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_few_modules_lie_loose():
    assert len(list((ROOT / "lifting").glob("*.py"))) <= 10
    assert len(list((ROOT / "datamodules").glob("*.py"))) <= 4


# Tests of a whole folder, and of its commands.
OF_A_FOLDER = {"test_callbacks", "test_options", "test_registry", "test_tables"}


def test_every_test_lies_where_its_module_does():
    """Its name begins with that of the module, or of the folder, in the mirrored place."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = ROOT / path.parent.relative_to(ROOT / "tests")
        if folder.relative_to(ROOT).parts[:1] not in (
            ("lifting",),
            ("datamodules",),
            ("callbacks",),
        ):
            continue
        assert folder.is_dir(), f"{path}: there is no {folder}"
        names = {file.stem for file in folder.iterdir()}
        mirrored = any(path.stem.startswith(f"test_{name}") for name in names)
        assert mirrored or path.stem in OF_A_FOLDER, path


def test_cameras_of_made_up_data_are_not_square():
    """Or what is done to the wrong side of an image passes."""
    square = re.compile(r"nominal_camera\(([\d.]+), \1\)")
    paths = (ROOT / "tests").rglob("*.py")
    assert not [str(path) for path in paths if square.search(path.read_text("utf-8"))]


# Whose `open` is not that of a text.
OF_OTHERS = {"Image", "PIL.Image", "av", "os", "h5py.h5d", "h5py.h5g", "h5py.h5a", "webbrowser"}
READERS = {"open", "fdopen", "read_text", "write_text", "TextIOWrapper"}
PROCESSES = {"run", "Popen", "check_output"}


def texts_of_a_locale(tree: ast.Module) -> Iterator[str]:
    """Yield calls that read or write text in the encoding of the locale."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        owner, _, name = ast.unparse(node.func).rpartition(".")
        given = {word.arg: word.value for word in node.keywords}
        parts = (part for word in (*node.args, *given.values()) for part in ast.walk(word))
        words = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
        binary = name in ("open", "fdopen") and any(len(w) <= 3 and "b" in w for w in words)
        text = name in READERS and owner not in OF_OTHERS and not binary
        text |= name in PROCESSES and bool({"text", "universal_newlines"} & given.keys())
        if text and "encoding" not in given:
            yield f"line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("open('a')", 1),
        ("open('a', 'rb')", 0),
        ("path.open('w', newline='')", 1),
        ("path.open(mode='ab')", 0),
        ("path.read_text()", 1),
        ("path.write_text(text, encoding='utf-8')", 0),
        ("subprocess.run(command, text=True)", 1),
        ("Image.open(path)", 0),
    ],
)
def test_texts_of_a_locale_are_found(code, count):
    assert len(list(texts_of_a_locale(ast.parse(code)))) == count


def test_every_text_has_its_encoding():
    """The encoding of the locale is another one on Windows and in containers."""
    found = {module: list(texts_of_a_locale(tree)) for module, tree in TREES.items()}
    assert not {module: calls for module, calls in found.items() if calls}


QUESTIONS = ("How", "What", "When", "Where", "Whether", "Which", "Who", "Whom")


def test_the_first_line_of_every_module_says_what_it_is():
    for path in (*MODULES.values(), *(ROOT / "tests").rglob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text()))
        if text is None:
            assert path.is_relative_to(ROOT / "tests"), f"{path}: says nothing"
            continue
        assert text.split()[0] not in QUESTIONS, f"{path}: {text.splitlines()[0]}"

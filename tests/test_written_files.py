"""Everything that is written goes through ``lifting.files``, and is whole or not there."""

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import MODULES

WRITERS = {"beside", "folder_beside"}
STREAMS = {"BytesIO", "StringIO", "Hdf5File"}
# What writes to a path that it is given, by the last part of its name.
METHODS = {
    "write_text",
    "write_bytes",
    "touch",
    "savefig",
    "save_file",
    "hardlink_to",
    "symlink_to",
}
FUNCTIONS = {
    *("numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt", "torch.save"),
    *("torch.export.save", "onnx.save", "json.dump", "yaml.dump", "pickle.dump"),
    *("os.open", "os.replace", "os.rename", "os.link", "os.symlink"),
    *("shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree", "shutil.move"),
}
OPENERS = {"open", "File", "fdopen", "ZipFile"}
# By module and function, why it writes on its own.
ALLOWED = {
    ("lifting.errors", "_has_no_reader"): "the null device",
    ("lifting.runs.lock", "_acquire"): "the lock, which is there for others to see at once",
    ("datamodules.relative_depth.annotation.answers", "locked"): "a lock",
    ("lifting.inference.app.upload_folder", "_lock"): "a lock on a folder",
    ("lifting.runs.folder", "set_aside_damaged"): "renames what is damaged",
    ("lifting.pipeline.runner", "_remove"): "renames a folder that is to be removed",
    (
        "lifting.models.sources",
        "_from_wheel",
    ): "a temporary folder, from which files are kept whole",
    ("lifting.inference.detectors.blazepose.litert_model", "_silent_stderr"): "the null device",
    ("lifting.containers.matlab_child", "main"): "the standard output of a process",
}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def mode_of(call: ast.Call) -> str:
    """Return the mode that a file is opened with, as far as it is written down."""
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    texts += [
        k.value.value
        for k in call.keywords
        if isinstance(k.value, ast.Constant) and k.arg == "mode"
    ]
    return next((t for t in map(str, texts) if len(t) <= 3 and set(t) <= set("rwaxbt+")), "r")


def writes(call: ast.Call, names: dict[str, str]) -> bool:
    first, _, rest = dotted(call.func).partition(".")
    name = f"{names.get(first, first)}.{rest}".strip(".")
    last = name.rpartition(".")[2] or getattr(call.func, "attr", "")
    if name in FUNCTIONS or last in METHODS:
        return True
    return last in OPENERS and bool(set(mode_of(call)) & set("wax+"))


def unguarded(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield function and line of what is written to a path, outside a writer and to no memory."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}

    def visit(
        node: ast.AST, function: str, guarded: bool, memory: set[str]
    ) -> Iterator[tuple[str, int]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function, guarded = node.name, False
            memory = {
                dotted(name).rpartition(".")[2]
                for a in ast.walk(node)
                if isinstance(a, ast.Assign)
                and isinstance(a.value, ast.Call)
                and dotted(a.value.func).rpartition(".")[2] in STREAMS
                for name in a.targets
            }
        if isinstance(node, ast.Call):
            arguments = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)}
            arguments |= {
                n.attr for a in node.args for n in ast.walk(a) if isinstance(n, ast.Attribute)
            }
            called = {dotted(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
            inside = guarded or bool(arguments & memory) or bool(WRITERS & called)
            if writes(node, names) and not inside:
                yield function, node.lineno
        if isinstance(node, ast.With):
            calls = {
                dotted(n.func)
                for item in node.items
                for n in ast.walk(item.context_expr)
                if isinstance(n, ast.Call)
            }
            # The items of one statement come one after another.
            guarded = guarded or bool(calls & WRITERS)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, function, guarded, memory)

    yield from visit(tree, "", False, set())


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"lifting.files"}))
def test_files_are_written_whole(module):
    found = unguarded(ast.parse(MODULES[module].read_text()))
    assert not [f"{MODULES[module]}:{n} in {f}" for f, n in found if (module, f) not in ALLOWED]


def test_every_exception_is_needed():
    found = {(m, f) for m, p in MODULES.items() for f, _ in unguarded(ast.parse(p.read_text()))}
    assert ALLOWED.keys() <= found


WRONG = """
import os, json, shutil
import numpy as np
from pathlib import Path
import h5py

def one(path): path.write_text("a")
def two(path): open(path, "w")
def three(path): Path(path).open(mode="ab")
def four(path): np.savez(path, a=1)
def five(path): h5py.File(path, "w")
def six(path): json.dump({}, path)
def seven(path): shutil.copy(path, "b")
def eight(path): path.parent.joinpath("x").write_bytes(b"")
"""
RIGHT = """
import io
import numpy as np

def one(path): open(path); path.read_text(); h5py.File(path, "r")
def two(path):
    with beside(path) as partial, partial.open("wb") as stream:
        np.savez(stream, a=1)
def three():
    stream = io.BytesIO()
    np.savez(stream, a=1)
def four(stack, path): stack.enter_context(beside(path)).write_bytes(b"")
"""


def test_the_test_can_fail():
    assert [f for f, _ in unguarded(ast.parse(WRONG))] == [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
    ]
    assert not list(unguarded(ast.parse(RIGHT)))

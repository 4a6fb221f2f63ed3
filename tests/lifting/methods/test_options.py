"""Every option of a method has an effect, and no code reads an option that does not exist."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lifting import methods
from lifting.methods import Method

ROOT = Path(__file__).parents[3]
METHODS = [
    kind
    for name in methods.__all__
    if issubclass(kind := getattr(methods, name), Method) and not inspect.isabstract(kind)
]


def options(kind: type[Method]) -> set[str]:
    signatures = [inspect.signature(vars(c)["__init__"]) for c in bases(kind)]
    names = {p.name for s in signatures for p in s.parameters.values() if p.kind != p.VAR_KEYWORD}
    return names - {"self"}


def bases(kind: type[Method]) -> list[type]:
    """Return the classes of this suite that a method is made of and that have options."""
    return [c for c in kind.__mro__ if is_own(c) and "__init__" in vars(c)]


def is_own(kind: type) -> bool:
    return kind.__module__.startswith("lifting.")


@cache
def functions_of(kind: type) -> dict[str, ast.FunctionDef]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    return {node.name: node for node in body.body if isinstance(node, ast.FunctionDef)}


def functions(kind: type[Method]) -> Iterator[tuple[type, ast.FunctionDef]]:
    """Yield the functions of a method that are not overridden, each with its class."""
    over: set[str] = set()
    for base in filter(is_own, kind.__mro__):
        for name, node in functions_of(base).items():
            if name in over:
                continue
            yield base, node
            if f"super().{name}(" not in ast.unparse(node):
                over.add(name)


def keys(tree: ast.AST, of: str | None = None) -> Iterator[ast.expr]:
    """Yield the keys that are read of ``hparams``, those ``of`` one name or of any."""

    def is_hparams(node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in aliases
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Constant) and node.slice.value == "hyper_parameters"
        return (
            isinstance(node, ast.Attribute)
            and node.attr == "hparams"
            and (of is None or ast.unparse(node.value) == of)
        )

    aliases: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            aliases |= {t.id for t, v in pairs if isinstance(t, ast.Name) and is_hparams(v)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_hparams(node.value):
            yield node.slice
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "self.options":
            yield from node.args
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "self.build_net":
            yield from node.args[1:]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (
                (node.func.attr == "get" and is_hparams(node.func.value))
                or node.func.attr == "load_stage"
            )
        ):
            yield node.args[0]


def literal(nodes: Iterator[ast.expr]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def strings(node: ast.AST) -> set[str]:
    constants = (n for n in ast.walk(node) if isinstance(n, ast.Constant))
    return {n.value for n in constants if isinstance(n.value, str)}


@pytest.mark.parametrize("kind", METHODS)
def test_every_option_that_is_read_exists(kind: type[Method]):
    read = set().union(*(literal(keys(node, of="self")) for _, node in functions(kind)))
    # Read where there is one, of sequence lifters.
    assert read - {"causal"} <= options(kind)


@pytest.mark.parametrize("kind", METHODS)
def test_every_option_is_read(kind: type[Method]):
    read: set[str] = set()
    by_class: dict[type, list[ast.FunctionDef]] = {}
    for base, node in functions(kind):
        by_class.setdefault(base, []).append(node)
    for base, nodes in by_class.items():
        found = [key for node in nodes for key in keys(node)]
        read |= literal(iter(found))
        if any(not isinstance(key, ast.Constant) for key in found):
            # Where keys are computed, any text of the class or of its constants may be one.
            module = ast.parse(inspect.getsource(inspect.getmodule(base))).body
            texts = [node for node in nodes if node.name != "__init__"]
            texts += [node for node in module if isinstance(node, ast.Assign)]
            read |= set().union(*map(strings, texts))
    assert options(kind) - read == set()


@pytest.mark.parametrize("package", ["lifting", "callbacks"])
def test_every_option_that_others_read_exists(package: str):
    known = set().union(*(options(kind) for kind in METHODS))
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert literal(keys(node)) - known == set(), path

"""Handling of errors (docs/architecture.md): by their kind and parts, never by their text.

Each rule has the places that a library leaves no other way, with the reason.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import MODULES

# By function, why it looks at the text of an error.
BY_TEXT = {
    "lifting.published.reading._callee": "PyTorch names what a file asks to run in its text alone; the "
    "file is refused either way",
    "lifting.pipeline.reading._in_order": "graphlib documents the circle as the second argument",
}
# Functions that look at the text that they are given, and why they may be given an error's.
READERS = {"option_error": "jsonargparse has no error but its text", "did_you_mean": None}
# Calls that run code of whoever uses the suite: methods, datamodules, callbacks, and what they name.
OF_USERS = {
    *("configure_nets", "import_module", "instantiate_classes", "instantiate_trainer"),
    *("load_from_checkpoint", "load_frozen", "locate", "restore_extras", "load_state_dict"),
}
# By function, why it may turn what such code fails with into an error of the user.
OF_USERS_TOLD = {
    "lifting.errors.require": "imports libraries, by a name that stands in the suite",
    "lifting.methods.bases.checkpointed.Checkpointed.load_state_dict": "PyTorch says by a RuntimeError "
    "that a shape differs",
    "lifting.cli.run.world.refusals_of_building": "only what libraries raise, told by their modules",
}
# What a mistake in code fails with.
MISTAKES = {"AttributeError", "TypeError", "KeyError", "LookupError", "NameError", "IndexError"}
MISTAKES |= {"ImportError", "AssertionError", "Exception", "BaseException", "DATA_ERRORS"}
SEARCHES = {"match", "search", "fullmatch", "findall", "finditer", "startswith", "endswith"}
SEARCHES |= {"find", "index", "count"}
PARTS = {"args", "what", "where", "remedy", "strerror", "message", "msg", "reason"}


def functions() -> Iterator[tuple[str, ast.AST]]:
    """Yield the functions of all modules by their names."""
    waiting: list[tuple[str, ast.AST]]
    waiting = [(module, ast.parse(path.read_text())) for module, path in MODULES.items()]
    while waiting:
        name, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                waiting.append((f"{name}.{child.name}", child))
        if isinstance(node, ast.FunctionDef):
            yield name, node


FUNCTIONS = dict(functions())


def errors_in(function: ast.AST) -> set[str]:
    """Return the names that stand for errors in a function."""
    names = {n.name for n in ast.walk(function) if isinstance(n, ast.ExceptHandler) and n.name}
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.annotation is not None:
            kind = ast.unparse(node.annotation)
            if kind.split(" |")[0].endswith(("Error", "Exception")):
                names.add(node.arg)
    return names


def tells(node: ast.AST, errors: set[str], texts: set[str]) -> bool:
    """Tell whether an expression holds the text of an error, or a part of it."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) if name in texts:
                return True
            case ast.Attribute(value=ast.Name(id=name), attr=part) if part in PARTS:
                if name in errors:
                    return True
            case ast.FormattedValue(value=ast.Name(id=name)) if name in errors:
                return True
            case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)]) if name in errors:
                return True
    return False


def looked_at(function: ast.AST) -> Iterator[ast.AST]:
    """Yield where a function decides by the text of an error."""
    errors = errors_in(function)
    texts: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and tells(node.value, errors, texts):
            texts |= {name.id for name in node.targets if isinstance(name, ast.Name)}
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                asked = [] if isinstance(operators[0], ast.Is | ast.IsNot) else [left, *others]
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=given) if (
                name in SEARCHES
            ):
                asked = [value, *given]
            case ast.Call(func=ast.Name(id=name), args=given) if name in READERS:
                asked = given if READERS[name] is None else []
            case ast.Subscript(value=ast.Attribute(attr="args") as value):
                asked = [value]
            case _:
                asked = []
        if any(tells(part, errors, texts) for part in asked):
            yield node


def own_or_of_users(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the calls that run code of whoever uses the suite."""
    for node in (n for statement in body for n in ast.walk(statement)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        # A class that was looked up, with options by name.
        looked_up = isinstance(node.func, ast.Call) or (
            isinstance(node.func, ast.Name)
            and node.func.id in ("kind", "trained", "cls", "method", "class_")
        )
        if name in OF_USERS or (looked_up and any(k.arg is None for k in node.keywords)):
            yield ast.unparse(node)


def caught_by(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    return {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}


def taken_for_input(function: ast.AST) -> Iterator[str]:
    """Yield what runs code of users where its mistakes would become errors of the user."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Try):
            continue
        for handler in node.handlers:
            raised = [n.exc for n in ast.walk(handler) if isinstance(n, ast.Raise) and n.exc]
            names = {ast.unparse(exc).partition("(")[0] for exc in raised}
            if caught_by(handler) & MISTAKES and names & {"InputError", "CheckpointError"}:
                yield from own_or_of_users(node.body)


def test_errors_are_told_apart_by_their_kind():
    found = {
        name: [ast.unparse(node) for node in nodes]
        for name, function in FUNCTIONS.items()
        if name not in BY_TEXT and (nodes := list(looked_at(function)))
    }
    assert not found


def test_every_error_keeps_its_cause():
    found = []
    for name, function in FUNCTIONS.items():
        for node in ast.walk(function):
            inner = ast.walk(node) if isinstance(node, ast.ExceptHandler) else ()
            raised = [n for n in inner if isinstance(n, ast.Raise) and isinstance(n.exc, ast.Call)]
            found += [f"{name}: {ast.unparse(n)}" for n in raised if n.cause is None]
            if isinstance(node, ast.Raise) and isinstance(node.cause, ast.Constant):
                found.append(f"{name}: {ast.unparse(node)}")
    assert not found


def test_a_mistake_in_code_of_users_is_no_wrong_input():
    found = {
        name: calls
        for name, function in FUNCTIONS.items()
        if name not in OF_USERS_TOLD and (calls := list(taken_for_input(function)))
    }
    assert not found


def test_exceptions_are_of_functions_that_there_are():
    assert {*BY_TEXT, *OF_USERS_TOLD} <= FUNCTIONS.keys()
    for name in BY_TEXT:
        assert list(looked_at(FUNCTIONS[name])), f"{name} needs no exception"


@pytest.mark.parametrize(
    "body",
    [
        "if 'closed' in str(error): return 1",
        "text = str(error)\n  if text == 'x': return 1",
        "return PATTERN.match(str(error))",
        "return re.search('x', f'{error}')",
        "return error.args[0]",
        "return error.what.startswith('x')",
        "return 1 if error.remedy == 'x' else 2",
    ],
)
def test_the_rule_of_texts_sees_them(body):
    tree = ast.parse(f"def f():\n try:\n  g()\n except OSError as error:\n  {body}\n")
    assert list(looked_at(tree.body[0]))
    # What is told further, and what is looked up by its kind, is none.
    tree = ast.parse("def f(error: OSError):\n raise InputError(f'x ({error})', str(error))")
    assert not list(looked_at(tree.body[0]))


@pytest.mark.parametrize("caught", ["AttributeError", "(OSError, KeyError)", "Exception"])
@pytest.mark.parametrize(
    "call", ["kind(**options)", "locate(path)(**options)", "x.configure_nets()"]
)
def test_the_rule_of_mistakes_sees_them(caught, call):
    text = f"def f(kind):\n try:\n  {call}\n except {caught} as error:\n  raise {{}} from error\n"
    assert list(taken_for_input(ast.parse(text.format("InputError('x')")).body[0]))
    assert not list(taken_for_input(ast.parse(text.format("ValueError('x')")).body[0]))

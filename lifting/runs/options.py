"""Options of a configuration by their names on the command line, and what differs between two."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

CALLBACKS = "trainer.callbacks"
# By option: value before and now.
Changes = dict[str, tuple[Any, Any]]


def flat(config: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return the options of a configuration by their names on the command line.

    Example:
        >>> model = {"class_path": "methods.Mine", "init_args": {"lr": 0.1}}
        >>> flat({"model": model, "trainer": {"callbacks": [{"class_path": "callbacks.EMA"}]}})
        {'model': 'methods.Mine', 'model.lr': 0.1, 'trainer.callbacks': ['EMA']}
    """
    options: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{before}{key}"
        if name == CALLBACKS:
            options |= _callbacks(value)
        elif isinstance(value, Mapping) and "class_path" in value:
            options[name] = value["class_path"]
            options |= flat(value.get("init_args") or {}, f"{name}.")
        elif isinstance(value, Mapping) and value:
            options |= flat(value, f"{name}.")
        else:
            options[name] = list(value) if isinstance(value, tuple) else value
    return options


def _callbacks(value: Any) -> dict[str, Any]:
    listed = value if isinstance(value, list) else [value] if value else []
    options: dict[str, Any] = {CALLBACKS: []}
    for callback in listed:
        name = callback["class_path"].rpartition(".")[2]
        options[CALLBACKS].append(name)
        options |= flat(callback.get("init_args") or {}, f"{CALLBACKS}.{name}.")
    return options


def method_of(options: Mapping[str, Any]) -> str:
    """Return the name of the method, without its module."""
    return str(options.get("model", "")).rpartition(".")[2]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
    """Return the options of both that differ: what one alone has is of another version.

    Example:
        >>> differences({"data.noise": None, "gone": 1}, {"data.noise.sigma": 2, "new": 1})
        {'data.noise': (None, {'sigma': 2})}
    """
    changes: Changes = {}
    for name, value in before.items():
        if name in now:
            if not _same(value, now[name]):
                changes[name] = value, now[name]
        # Options that have options of their own, where they are given.
        elif inner := _inside(now, name):
            changes[name] = value, inner
    for name, value in now.items():
        if name not in before and (inner := _inside(before, name)):
            changes[name] = inner, value
    return changes


def _inside(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {n.removeprefix(f"{name}."): v for n, v in options.items() if n.startswith(f"{name}.")}


def changed(config: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with other values of options, by their names on the command line.

    Example:
        >>> data = {"class_path": "datamodules.LSP", "init_args": {"seed": 0}}
        >>> changed({"data": data}, {"data.seed": 1})["data"]["init_args"]
        {'seed': 1}
    """
    result: dict[str, Any] = deepcopy(dict(config))
    for name, value in values.items():
        *path, last = name.split(".")
        node: Any = result
        for step in path:
            node = node.get(step) if isinstance(node, dict) else None
            if isinstance(node, dict) and "class_path" in node:
                node = node.setdefault("init_args", {})
        if isinstance(node, dict):
            node[last] = value
    return result


def describe(changes: Changes) -> list[str]:
    """Return changes as text.

    Example:
        >>> describe({"model.lr": (0.001, 0.5), "model.critic_lr": (None, 0.1)})
        ['model.lr 0.001 → 0.5', 'model.critic_lr null → 0.1']
    """
    return [f"{name} {option_text(a)} → {option_text(b)}" for name, (a, b) in changes.items()]


def option_text(value: Any) -> str:
    """Return a value as the command line reads it: text as it is, else JSON, as a part of YAML."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, list | tuple) and isinstance(now, list | tuple):
        return list(before) == list(now)
    return bool(before == now) and isinstance(before, bool) == isinstance(now, bool)

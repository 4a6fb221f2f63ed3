"""Packages of other people, as pip would have installed them into a folder."""

import shutil
import tomllib
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/method_package"


def install(site: Path, name: str, points: dict[str, dict[str, str]], **modules: str) -> None:
    """Put a package into a folder that Python imports from.

    Args:
        site: The folder.
        name: Name of the package.
        points: By group, what its entry points name.
        **modules: Its modules.
    """
    info = site / f"{name.replace('-', '_')}-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    lines = [
        line
        for group, named in points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in named.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]))
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


def install_example(site: Path) -> None:
    """Install the package of the guide to methods."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))
    install(site, project["project"]["name"], project["project"]["entry-points"])
    for module in project["tool"]["setuptools"]["py-modules"]:
        shutil.copy(EXAMPLE / f"{module}.py", site)

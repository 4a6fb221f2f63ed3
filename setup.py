"""Packages of the distribution, one of which lies elsewhere: pyproject.toml has all else of it."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["lifting*", "datamodules*", "callbacks*"]),
        # Installed beside the code that reads it, lifting/runs/experiments.py.
        "lifting.experiments",
    ],
    package_dir={"lifting.experiments": "experiments"},
)

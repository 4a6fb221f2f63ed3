"""Published numbers: each with its source, where in it, its protocol and what was lifted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lifting.errors import InputError, located
from lifting.pipeline.yaml_files import check_keys, mapping_of, read_yaml, refuse_doubled_keys
from lifting.results.registry import FOLDER

PUBLISHED = FOLDER / "published.yaml"

_TEXTS = ("who", "url", "where", "input", "trained_on", "protocol")


@dataclass(frozen=True)
class Published:
    """Numbers that were published together.

    Attributes:
        name: Their name in the file.
        who: Authors and venue.
        url: The source.
        where: The table, section or file of it.
        input: The 2D keypoints that were lifted.
        trained_on: The subjects, and how long.
        protocol: What was measured on which frames, and how it was averaged.
        values: Metrics of the registry of metrics.
    """

    name: str
    who: str
    url: str
    where: str
    input: str
    trained_on: str
    protocol: str
    values: Mapping[str, float]


def read_published(path: Path = PUBLISHED) -> dict[str, Published]:
    """Return the published numbers by their names.

    Raises:
        InputError: If one of them is a bare number: without source, place, input or protocol.
    """
    content = read_yaml(path)
    refuse_doubled_keys(path)
    return {name: _published(path, name, keys) for name, keys in content.items()}


def _published(path: Path, name: str, keys: object) -> Published:
    with located(path), located(name):
        if not isinstance(keys, dict):
            raise InputError("holds no keys", remedy=f"give it {', '.join(_TEXTS)} and values.")
        check_keys(keys, (*_TEXTS, "values"))
        for key in _TEXTS:
            if not isinstance(keys.get(key), str) or not keys[key]:
                raise InputError(f"does not say '{key}'", remedy="a number needs its source.")
        values = mapping_of(keys, "values")
        if not values or not all(type(v) in (int, float) for v in values.values()):
            raise InputError("has no values", remedy="give a number for each metric.")
        return Published(name, **{key: keys[key] for key in _TEXTS}, values=values)

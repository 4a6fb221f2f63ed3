"""Appearance of a rendered person: skin, hair and clothes, as colours of the solids of a body.

Dressed by side, left and right can be told apart without a face: the left sleeve and trouser leg are
red to yellow, the right ones green to blue. Dressed alike, both sides have the same random colours.
"""

import colorsys
from dataclasses import dataclass, replace

import numpy as np

from datamodules.synthetic.procedural.body import SIDES
from datamodules.synthetic.rendered.solids import Array

_SKIN = ((255, 219, 190), (236, 188, 150), (198, 140, 100), (141, 92, 62), (96, 62, 44))
_HAIR = ((28, 22, 20), (70, 44, 26), (150, 100, 50), (214, 180, 120), (120, 120, 122))
_OTHER = {"left": "right", "right": "left"}
_PATTERNS = ("plain", "rings", "bands")
_SIDED_HUES = {"left": (-0.04, 0.16), "right": (0.36, 0.66)}
_ALL_HUES = (0.0, 1.0)


@dataclass(frozen=True)
class Appearance:
    """Colours, patterns and build of a person.

    Attributes:
        colours: For each material of the body its colour and that of its pattern ``(2, 3)``, 0 to 1.
        patterns: For each material ``plain``, ``rings`` or ``bands``.
        build: Girth relative to the average.
        bald: Whether there is no hair.
    """

    colours: dict[str, Array]
    patterns: dict[str, str]
    build: float
    bald: bool

    def mirrored(self) -> "Appearance":
        """Return the appearance with the clothes of left and right exchanged."""

        def other(name: str) -> str:
            side, _, part = name.partition("_")
            return f"{_OTHER[side]}_{part}" if side in _OTHER else name

        return replace(
            self,
            colours={other(name): colour for name, colour in self.colours.items()},
            patterns={other(name): pattern for name, pattern in self.patterns.items()},
        )


def _colour(rng: np.random.Generator, hues: tuple[float, float]) -> Array:
    hue = rng.uniform(*hues) % 1.0
    return np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.55, 1.0), rng.uniform(0.45, 0.95)))


def _pair(colour: Array, rng: np.random.Generator) -> Array:
    other = np.clip(colour * rng.choice([0.55, 1.5]) + rng.uniform(-0.1, 0.1, 3), 0, 1)
    return np.stack([colour, other])


def draw_appearance(rng: np.random.Generator, alike: bool = False) -> Appearance:
    """Draw a random appearance, left and right alike or each in colours of its own."""
    skin = np.array(_SKIN[rng.integers(len(_SKIN))]) / 255 * rng.uniform(0.92, 1.0)
    hair = np.array(_HAIR[rng.integers(len(_HAIR))]) / 255 * rng.uniform(0.8, 1.2)
    shirt, belt = _colour(rng, _ALL_HUES), np.full(3, rng.uniform(0.1, 0.3))
    plain = {"head": skin, "neck": skin, "nose": 1.03 * skin, "ear": 0.95 * skin, "hand": skin}
    plain |= {"hair": hair, "forearm": skin, "seat": 0.5 * shirt + 0.5 * belt}
    colours = {name: np.stack([colour, colour]) for name, colour in plain.items()}
    for name in ("shirt", "belly", "yoke"):
        colours[name] = _pair(shirt, rng)
    long_sleeves, shorts = rng.random() < 0.5, rng.random() < 0.3
    for side in SIDES:
        hues = _ALL_HUES if alike else _SIDED_HUES[side]
        sleeve, trousers = _colour(rng, hues), _colour(rng, hues)
        colours[f"{side}_sleeve"] = _pair(sleeve, rng)
        colours[f"{side}_cuff"] = _pair(sleeve if long_sleeves else skin, rng)
        colours[f"{side}_thigh"] = _pair(trousers, rng)
        colours[f"{side}_shin"] = _pair(skin if shorts else trousers, rng)
        colours[f"{side}_shoe"] = _pair(0.5 * _colour(rng, hues), rng)
    if not long_sleeves:
        for side in SIDES:
            colours[f"{side}_cuff"] = np.stack([skin, skin])
    if shorts:
        for side in SIDES:
            colours[f"{side}_shin"] = np.stack([skin, skin])
    if alike:
        left = {name: value for name, value in colours.items() if name.startswith("left_")}
        colours |= {name.replace("left_", "right_"): value for name, value in left.items()}
    garments = {s: rng.choice(_PATTERNS) for s in ("shirt", "sleeve", "thigh")}
    like = {"shirt": "shirt", "belly": "shirt", "yoke": "plain", "thigh": "thigh", "shin": "thigh"}
    like |= {"sleeve": "sleeve", "cuff": "sleeve"}
    patterns = {
        name: str(garments.get(like.get(name.split("_")[-1], ""), "plain")) for name in colours
    }
    return Appearance(colours, patterns, rng.uniform(0.88, 1.15), bool(rng.random() < 0.12))

"""Terms and origins of the sources of motion that are known by name."""

from dataclasses import dataclass

from datamodules.cmu.convert import ORIGIN as CMU_ORIGIN


@dataclass(frozen=True)
class Terms:
    """Where motion comes from, and the condition it is under."""

    origin: str
    licence: str


PROCEDURAL = "procedural"

_UNKNOWN = Terms("not stated", "not stated, ask its owner")

# By the beginning of the source's name.
_TERMS = {
    "cmu_": Terms(
        CMU_ORIGIN,
        "free for all uses; may be included in products that are sold, but the data itself may not be "
        "resold, even in converted form",
    ),
    "uiprmd": Terms(
        "UI-PRMD, Vakanski et al., Data 2018, 3(1), 2",
        "public domain (Open Data Commons Public Domain Dedication and License 1.0)",
    ),
    "reactidle": Terms(
        "ReActIdle dataset, Atxa Landa et al., arXiv:2509.05023",
        "MIT, Copyright (c) 2025 RSAIT",
    ),
    "fair_animateddrawings": Terms(
        "motion clips from AnimatedDrawings",
        "MIT, Copyright (c) Meta Platforms, Inc. and affiliates",
    ),
    PROCEDURAL: Terms("the procedural human", "Apache-2.0; no recorded person is in it"),
}


def terms_of(source: str) -> Terms:
    """Return the terms of a source, which say so where they are not known.

    Example:
        >>> terms_of("uiprmd_vicon").licence[:13]
        'public domain'
    """
    return next((t for name, t in _TERMS.items() if source.startswith(name)), _UNKNOWN)

"""Actions of the trials of the CMU motion capture database, one word each, where known.

The words are those of the database's index (http://mocap.cs.cmu.edu/motcat.php), shortened; known are
the subjects of which trials are often converted. Every other trial is ``motion``.
"""

from collections.abc import Collection

UNKNOWN = "motion"

_ALL = range(1, 100)

_ACTIONS: dict[str, dict[str, Collection[int]]] = {
    "S01": {"playground": _ALL},
    "S02": {
        "walk": (1, 2),
        "run": (3,),
        "jump": (4,),
        "punch": (5,),
        "bend": (6,),
        "swordplay": (7, 8, 9),
        "wash": (10,),
    },
    "S03": {"uneven_terrain": _ALL},
    "S05": {"walk": (1,), "dance": range(2, 21)},
    "S06": {"walk": (1,), "basketball": range(2, 16)},
    "S07": {"walk": _ALL},
    "S08": {"walk": _ALL},
    "S09": {"run": range(1, 12)},
    "S10": {"walk": (4,), "soccer": (1, 2, 3, 5, 6)},
    "S12": {"walk": (1, 2, 3), "tai_chi": (4,)},
    "S16": {
        "jump": (*range(1, 8), 9, 10),
        "run": (8, *range(35, 47), *range(48, 58)),
        "walk": (*range(11, 35), 47, 58),
    },
    "S26": {"walk": (1,)},
    "S27": {"walk": (1,)},
    "S29": {"walk": (1,)},
    "S32": {"walk": (1, 2)},
    "S35": {"walk": (*range(1, 17), *range(28, 35)), "run": range(17, 27)},
    "S38": {"walk": (1, 2, 4), "run": (3,)},
    "S39": {"walk": _ALL},
    "S43": {"walk": (1,), "playground": (2, 3)},
    "S45": {"walk": (1,)},
    "S46": {"walk": (1,)},
    "S47": {"walk": (1,)},
    "S49": {"walk": (1,)},
    "S55": {"walk": (4,)},
    "S133": {"walk": (*range(11, 25),)},
    "S136": {"walk": (*range(1, 17), *range(20, 31))},
    "S141": {"walk": (19, 25, 29, 30, 31, 32, 33), "run": (1, 2, 3, 34)},
    "S143": {"walk": (32, 38, 39, 40), "run": (1, 2, 3, 4, 42)},
    "S144": {"walk": (33, 34)},
}


def action_of(subject: str, trial: str) -> str:
    """Return the action of a trial.

    Example:
        >>> action_of("S02", "03"), action_of("S02", "99"), action_of("S99", "01")
        ('run', 'motion', 'motion')
    """
    for action, trials in _ACTIONS.get(subject, {}).items():
        if int(trial) in trials:
            return action
    return UNKNOWN

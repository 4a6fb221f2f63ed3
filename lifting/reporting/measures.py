"""Units of what is logged and tested, and which way it is better (docs/metrics.md)."""

_MILLIMETRES = (
    *("mpjpe", "pa_mpjpe", "n_mpjpe", "pa_mpjpe_reflection", "n_mpjpe_norm_ratio"),
    *("pa_mpjpe_hidden", "n_mpjpe_hidden", "root_error", "absolute_mpjpe"),
)
_PERCENT_UP = ("pck", "auc", "pdj", "pckh", "pdj_all_joints", "oks", "ap", "ap50", "ap75", "ar")

# Unit, and whether more is better; None where neither is.
_MEASURES: dict[str, tuple[str, bool | None]] = {
    **{name: ("mm", False) for name in _MILLIMETRES},
    **{name: ("%", True) for name in _PERCENT_UP},
    "mpjve": ("mm per frame", False),
    "acceleration": ("mm per frame²", False),
    "mirrored": ("%", False),
    "cps": ("of 301", True),
    "epe": ("pixels", False),
}


def measure(name: str) -> tuple[str, bool | None]:
    """Return the unit of a metric, and whether more of it is better.

    Args:
        name: Of a column of a test, or of what is logged, ``val/mpjpe``.

    Example:
        >>> measure("val/mpjpe"), measure("pck"), measure("nll_full")
        (('mm', False), ('%', True), ('nats', False))
    """
    plain = name.rpartition("/")[2]
    if plain.startswith("nll"):
        return "nats", False
    if plain.startswith("bits_per_dim"):
        return "bits", False
    return _MEASURES.get(plain, ("", None))


def titled(name: str) -> str:
    """Return a metric with its unit and the way that is better.

    Example:
        >>> titled("mpjpe"), titled("pck"), titled("train/loss")
        ('mpjpe, mm ↓', 'pck, % ↑', 'train/loss')
    """
    unit, up = measure(name)
    arrow = {True: " ↑", False: " ↓", None: ""}[up]
    return f"{name}, {unit}{arrow}" if unit else f"{name}{arrow}"


def best(name: str, values: list[float]) -> set[int]:
    """Return which of several runs have the best value of a metric; none where nothing sets them apart.

    Example:
        >>> best("mpjpe", [40.0, 38.0, float("nan")]), best("mpjpe", [40.0])
        ({1}, set())
    """
    _, up = measure(name)
    known = [value for value in values if value == value]
    if up is None or len(set(known)) < 2:
        return set()
    wanted = max(known) if up else min(known)
    return {index for index, value in enumerate(values) if value == wanted}

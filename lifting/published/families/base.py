"""Base classes of the families of published weights, and the tables of names that they hold.

A pair names a module, or a parameter, as published and as ours; what is below it has the same names in
both. Where a convolution over time is a matrix here, the pair says over how many frames it goes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from einops import rearrange
from torch import Tensor

from lifting.errors import InputError
from lifting.nets.hrnet import HRNet
from lifting.nets.pose_resnet import PoseResNet
from lifting.published.shapes import Kind, ShapeReader
from lifting.published.statistics import Statistics

Options: TypeAlias = Mapping[str, Any]
DetectorNet: TypeAlias = HRNet | PoseResNet


@dataclass(frozen=True)
class Pair:
    """A published name and ours.

    Attributes:
        published: Published name of a module or parameter.
        ours: Our name of it.
        taps: Frames of the published convolution whose kernel is a matrix here; 0 for anything else.
        rows: The published place of each of our outputs, where their order differs.
        columns: That of each of our inputs.
    """

    published: str
    ours: str
    taps: int = 0
    rows: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()

    def reorders(self, tensor: Tensor) -> bool:
        """Return whether the values of a tensor have another place here."""
        return bool((self.rows and tensor.ndim) or (self.columns and tensor.ndim == 2))

    def to_ours(self, tensor: Tensor) -> Tensor:
        """Return a published tensor in our shape and order."""
        if self.taps and tensor.ndim == 3:
            return rearrange(tensor, "o i t -> o (t i)")
        return _reordered(tensor, self.rows, self.columns)

    def to_published(self, tensor: Tensor) -> Tensor:
        """Return a tensor of ours in the published shape and order."""
        if self.taps and tensor.ndim == 2:
            return rearrange(tensor, "o (t i) -> o i t", t=self.taps)
        return _reordered(tensor, _inverse(self.rows), _inverse(self.columns))


def _reordered(tensor: Tensor, rows: tuple[int, ...], columns: tuple[int, ...]) -> Tensor:
    if rows and tensor.ndim:
        tensor = tensor[list(rows)]
    return tensor[:, list(columns)] if columns and tensor.ndim == 2 else tensor


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def expand(pairs: Iterable[Pair], names: Iterable[str]) -> dict[str, Pair]:
    """Return the pair of each of our tensors that has one, by the table of a family.

    Example:
        >>> expand([Pair("fc", "net.last")], ["net.last.bias", "scale"])
        {'net.last.bias': Pair(published='fc.bias', ours='net.last.bias', taps=0, rows=(), columns=())}
    """
    by_name = {pair.ours: pair for pair in pairs}
    tensors = {}
    for name in names:
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            pair = by_name.get(".".join(parts[:end]))
            if pair is not None:
                published = ".".join([pair.published, *parts[end:]])
                tensors[name] = replace(pair, published=published, ours=name)
                break
    return tensors


@dataclass(frozen=True)
class Layout:
    """Arrangement of a publication's file.

    Attributes:
        pairs: The table of names, by the options of the method or network.
        mark: A tensor that only such files have.
        key: Key of the network in the file, None where the file is the network.
        keys: Keys of several networks, each of which stands before its names, where there are such.
        parallel: Whether ``module.`` stands before every name.
    """

    pairs: Callable[[Options], list[Pair]]
    mark: str
    key: str | None = None
    keys: tuple[str, ...] = ()
    parallel: bool = False


@dataclass(frozen=True, kw_only=True)
class Family:
    """Published weights of one kind.

    Attributes:
        name: Its name for ``--family``.
        infer: Options by the shapes of a file.
        layouts: Known layouts; exports have the first.
        statistics: The arrays that its files lack, None where they lack none.
    """

    name: str
    infer: Callable[[ShapeReader], Options]
    layouts: tuple[Layout, ...]
    statistics: Statistics | None = None

    def layout_of(self, tensors: Mapping[str, Tensor]) -> Layout:
        """Return the layout of a file.

        Raises:
            InputError: If the file is not of this family.
        """
        for layout in self.layouts:
            if layout.mark in tensors:
                return layout
        what = f"lacks the tensor {self.layouts[0].mark}"
        raise InputError(what, remedy="name the family the file is of with --family.")


@dataclass(frozen=True, kw_only=True)
class LifterFamily(Family):
    """Published lifters of one kind, or priors of lifters.

    Attributes:
        methods: Names of the methods that export as it; a file imports as the first.
        choose_method: The name of the method that a file imports as, where it is not always the first.
        free: Options that the file does not tell, and what each may be.
        fixed: Options that the published code cannot do otherwise.
        constants: Tensors that a file may hold and that are computed here.
        writes_constants: Whether the published code wants them.
        unused: Tensors that the published networks have and do not use, as they begin.
        buffers: Buffers of the method that no file holds.
        parts: Names of the files that make up one method, in each of the ways there are; before the
            names of their tensors stands that of the file. None where one file is all.
        check: Checks of a file's values that shapes do not make, by the method without weights.
    """

    methods: tuple[str, ...]
    choose_method: Callable[[ShapeReader], str] | None = None
    free: Mapping[str, Kind] = field(default_factory=dict)
    fixed: Callable[[Options], Options] = lambda options: {}
    constants: Callable[[Options], dict[str, Tensor]] = lambda options: {}
    writes_constants: bool = False
    unused: Callable[[Options], dict[str, Tensor]] = lambda options: {}
    buffers: Callable[[Options], dict[str, Tensor]] = lambda options: {}
    parts: tuple[tuple[str, ...], ...] = ()
    check: Callable[[Any, Mapping[str, Tensor]], None] = lambda method, tensors: None

    def method(self, shapes: ShapeReader) -> str:
        """Return the name of the method that a file imports as."""
        return self.methods[0] if self.choose_method is None else self.choose_method(shapes)


@dataclass(frozen=True, kw_only=True)
class DetectorFamily(Family):
    """Published 2D detectors of one kind.

    Attributes:
        net: The network.
        network: Its name for :func:`lifting.nets.detectors.build_detector`, a template of its options.
        options: Its options, which are its attributes, too.
        head: Prefixes of our names of the layers that classifiers lack.
        unused: Prefixes of the published names of the layers that detectors may do without.
    """

    net: type[HRNet] | type[PoseResNet]
    network: str
    options: tuple[str, ...]
    head: tuple[str, ...]
    unused: tuple[str, ...]

    def options_of(self, net: DetectorNet) -> dict[str, Any]:
        """Return the options a network was built with."""
        return {option: getattr(net, option) for option in self.options}

    def expand(self, net: DetectorNet, names: Iterable[str]) -> dict[str, Pair]:
        """Return the pair of each of a network's tensors."""
        return expand(self.layouts[0].pairs(self.options_of(net)), names)

"""Base of densities over 2D poses, the priors of ElePose and LInKs."""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from lifting.errors import InputError
from lifting.nets.flow_preprocessing import FlowPreprocessing
from lifting.on_device import sent


class PoseDensity(nn.Module):
    """Density of root-relative 2D poses, as flattened vectors (x0, y0, x1, y1, ...).

    Args:
        dims: Length of a pose vector, two values per joint.
        root: Index of the joint at which every pose is centred, None where it is not among the joints,
            as in LInKs' torso.
        latent_dims: Coordinates that are left when they are prepared.
        noise: Deviation of the noise on what is learned from, in the unit of the prepared coordinates.

    Attributes:
        drawn_dims: Values of :meth:`gaussian` for each pose.
    """

    def __init__(self, dims: int, root: int | None, latent_dims: int, noise: float) -> None:
        super().__init__()
        self.dims, self.root, self.latent_dims = dims, root, latent_dims
        self.noise, self.drawn_dims = noise, latent_dims

    @property
    @abstractmethod
    def preparation(self) -> FlowPreprocessing:
        """What comes before the network."""

    @abstractmethod
    def nll(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, " batch"]:
        """Negative log-likelihood of each pose without its constant, latent_dims / 2 · ln 2π.

        The loss of ElePose and LInKs, and the convention of the numbers published with them.
        """

    def forward(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, " batch"]:
        """Return :meth:`nll`; what compile() and hooks reach."""
        return self.nll(x)

    @abstractmethod
    def drawn_nll(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, " batch"]:
        """Return :meth:`nll`, or an estimate of it by values of :meth:`gaussian`, to learn from."""

    @abstractmethod
    def training_loss(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, ""]:
        """Return what is minimised over seen poses, by values of :meth:`gaussian`."""

    def _of_width(self, x: Tensor, width: int, what: str) -> Tensor:
        """Refuse vectors of another length, and bring the others to the parameters' precision."""
        if x.ndim != 2 or x.shape[1] != width:
            what = f"{what} of shape {tuple(x.shape)}: this flow takes (batch, {width})"
            raise InputError(what, remedy="flatten them, and check the joints.")
        return x.to(next(self.parameters()).dtype)

    def fit(self, poses: Float[Tensor, "poses dims"]) -> None:
        """Take the statistics of standardisation and projection from the training poses.

        Before it, nothing is standardised, and the first coordinates stand for the components.

        Args:
            poses: Root-relative training poses, in the unit in which the density is used.

        Raises:
            InputError: If the poses are not finite or not relative to the root, or vary too little.
        """
        poses = self._of_width(poses, self.dims, "Training poses")
        if len(poses) == 0 or not poses.isfinite().all():
            raise InputError("Training poses: there are none, or some are not finite; drop those.")
        if self.root is not None and poses[:, 2 * self.root : 2 * self.root + 2].any():
            what = f"root: the training poses are not relative to joint {self.root}"
            raise InputError(what, remedy="subtract it first.")
        self.preparation.fit(poses)

    def gaussian(
        self, number: int, generator: Generator | None = None
    ) -> Float[Tensor, "number drawn_dims"]:
        """Draw standard normal vectors.

        Args:
            number: Vectors to draw.
            generator: Source of the randomness, torch's global one unless given; drawn where it is, so
                that a CPU's serves any device.
        """
        like = next(self.parameters())
        device = like.device if generator is None else generator.device
        shape = number, self.drawn_dims
        drawn = torch.randn(shape, generator=generator, device=device, dtype=like.dtype)
        return drawn if device == like.device else sent(drawn, like)


def prepared(
    dims: int, root: int | None, drop_root: bool, standardise: bool, pca: int | None
) -> FlowPreprocessing:
    """Return what prepares poses for a density.

    Raises:
        InputError: If a size cannot be.
    """
    if root is not None and (dims % 2 or not 0 <= root < dims // 2):
        remedy = f"give an index below {dims // 2} and an even number of values."
        raise InputError(f"root: a pose of {dims} values has no joint {root}", remedy=remedy)
    dropped = 2 * root if root is not None and drop_root else None
    kept = dims if dropped is None else dims - 2
    if pca is not None and not 2 <= pca <= kept:
        raise InputError(f"pca: {pca} components of {kept} values; ask for 2 to {kept}.")
    return FlowPreprocessing(dims, dropped, standardise, pca)

"""Normalising flow over 2D poses, the prior of ElePose and LInKs.

Wandt et al., "ElePose: Unsupervised 3D Human Pose Estimation by Predicting Camera Elevation and
Learning Normalizing Flows on 2D Poses", CVPR 2022, https://arxiv.org/abs/2112.07088, and Hardy and
Kim, "LInKs 'Lifting Independent Keypoints' - Partial Pose Lifting for Occlusion Handling with Improved
Accuracy in 2D-3D Human Pose Estimation", WACV 2024, https://arxiv.org/abs/2309.07243.

This is the only file that imports nflows.
"""

import math
from collections.abc import Iterator, Mapping
from typing import cast

import torch
from jaxtyping import Float
from nflows.distributions.normal import StandardNormal
from nflows.flows.base import Flow
from nflows.transforms.base import Transform
from torch import Generator, Tensor, nn

from lifting.errors import InputError
from lifting.nets.coupling import CouplingBlock
from lifting.nets.flow_preprocessing import FlowPreprocessing
from lifting.nets.pose_density import PoseDensity, prepared

# The most noise of each kind; at 1 a tempered latent is a new one.
NOISES = {"multiplicative": math.inf, "additive": math.inf, "tempered": 1.0}


class _PoseTransform(Transform):
    """The preparation and the blocks, one after the other; both ways give log|det| too."""

    def __init__(self, preparation: FlowPreprocessing, blocks: int, hidden: int) -> None:
        super().__init__()
        self.preparation = preparation
        self.blocks = nn.ModuleList(
            CouplingBlock(preparation.outputs, hidden) for _ in range(blocks)
        )

    def forward(self, inputs: Tensor, context: None = None) -> tuple[Tensor, Tensor]:
        x, log_det = self.preparation(inputs)
        for block in self.blocks:
            x, more = block(x)
            log_det = log_det + more
        return x, log_det

    def inverse(self, inputs: Tensor, context: None = None) -> tuple[Tensor, Tensor]:
        x, log_det = inputs, inputs.new_zeros(len(inputs))
        for block in cast("Iterator[CouplingBlock]", reversed(self.blocks)):
            x, more = block.inverse(x)
            log_det = log_det + more
        poses, more = self.preparation.inverse(x)
        return poses, log_det + more


class PoseFlow(PoseDensity):
    """Density of root-relative 2D poses by couplings, which map them to latent vectors and back.

    The likelihood is that of the vectors as they are given, in nats, whether or not they are
    standardised. Where the root is dropped it is a density over the other coordinates; where they are
    projected, over the subspace of the principal components.

    Subnets follow autocast; everything else, log-determinants included, keeps the precision of the
    parameters. Rotations are drawn from torch's generator and saved with the parameters.

    Args:
        dims: Length of a pose vector, two values per joint.
        root: Index of the joint at which every pose is centred, None where it is not among the
            joints, as in LInKs' torso.
        drop_root: Leave the root's two zeros out. With them, as published (False), the likelihood of
            the training poses has no upper bound.
        hidden: Width of the hidden layer of each coupling.
        blocks: Number of couplings.
        standardise: Divide what the blocks see by its standard deviation over the training poses, see
            :meth:`fit`. As published: False.
        pca: Principal components the blocks see, None for the coordinates themselves. With
            ``standardise`` they are whitened; as published by ElePose they are 26 and are not.
        noise: Deviation of the noise of :meth:`perturb`, in those of the training poses where the flow
            standardises and in the unit of the poses where it does not.

    Raises:
        InputError: If a size cannot be.
    """

    def __init__(
        self,
        dims: int,
        root: int | None = None,
        drop_root: bool = True,
        hidden: int = 1024,
        blocks: int = 8,
        standardise: bool = True,
        pca: int | None = None,
        noise: float = 0.0,
    ) -> None:
        preparation = prepared(dims, root, drop_root, standardise, pca)
        kept = preparation.kept
        if min(kept // 2, hidden, blocks) < 1:
            what = f"{kept} dims without the root, hidden {hidden}, blocks {blocks}: too few for a flow"
            raise InputError(what, remedy="give two dims or more, and one or more of the others.")
        super().__init__(dims, root, preparation.outputs, noise)
        normal = StandardNormal([self.latent_dims])
        # nflows keeps a constant in float64, which some accelerators lack.
        normal.to(torch.get_default_dtype())
        self.flow = Flow(_PoseTransform(preparation, blocks, hidden), normal)

    @property
    def _transform(self) -> _PoseTransform:
        return self.flow._transform

    @property
    def preparation(self) -> FlowPreprocessing:
        """What comes before the couplings."""
        return self._transform.preparation

    def log_prob(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, " batch"]:
        """Log-likelihood of each pose, in nats, normalised: the density integrates to one."""
        return self.flow.log_prob(self._of_width(x, self.dims, "Poses"))

    def nll(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, " batch"]:
        """Negative log-likelihood of each pose without its constant, latent_dims / 2 · ln 2π."""
        return -self.log_prob(x) - 0.5 * self.latent_dims * math.log(2 * math.pi)

    def drawn_nll(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, " batch"]:
        """Return the likelihood itself, for which nothing is drawn."""
        return self(x)

    def training_loss(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, ""]:
        """Return the mean negative log-likelihood of poses, with noise on them where it is drawn."""
        return self(x if gaussian is None else self.perturb(x, gaussian)).mean()

    def to_latent(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, "batch latent_dims"]:
        """Latent vectors of poses."""
        return self.flow.transform_to_noise(self._of_width(x, self.dims, "Poses"))

    def from_latent(self, z: Float[Tensor, "batch latent_dims"]) -> Float[Tensor, "batch dims"]:
        """Poses of latent vectors; a dropped root is zero."""
        poses, _ = self._transform.inverse(self._of_width(z, self.latent_dims, "Latent vectors"))
        return poses

    def perturb(
        self,
        x: Float[Tensor, "batch dims"],
        gaussian: Float[Tensor, "batch latent_dims"] | None = None,
    ) -> Float[Tensor, "batch dims"]:
        """Add Gaussian noise to poses, which keeps a flow trained on them from near-singular directions.

        Args:
            x: Poses.
            gaussian: Values of :meth:`gaussian`, drawn unless given.
        """
        preparation = self.preparation
        inputs, _ = preparation(self._of_width(x, self.dims, "Poses"))
        gaussian = self.gaussian(len(x)) if gaussian is None else gaussian
        return preparation.inverse(inputs + self.noise * gaussian)[0]

    @torch.no_grad()
    def sample(
        self, number: int, temperature: float = 1.0, generator: Generator | None = None
    ) -> Float[Tensor, "number dims"]:
        """Draw poses, without gradient.

        Args:
            number: Poses to draw.
            temperature: Deviation of the latent vectors; below one, poses are more typical.
            generator: Source of the randomness, torch's global one unless given.

        Raises:
            InputError: If the number is not positive or the temperature negative.
        """
        if number < 1 or temperature < 0:
            what = f"number {number}, temperature {temperature}"
            raise InputError(f"{what}: give one or more, and zero or more.")
        return self._centred(self.from_latent(temperature * self.gaussian(number, generator)))

    @torch.no_grad()
    def resample(
        self,
        x: Float[Tensor, "batch dims"],
        noise: float = 0.2,
        kind: str = "multiplicative",
        gaussian: Float[Tensor, "batch latent_dims"] | None = None,
    ) -> Float[Tensor, "batch dims"]:
        """Draw a pose in the neighbourhood of each pose, without gradient.

        With latent vectors z and standard normal ε the new ones are z + noise · ε · z
        (``multiplicative``, LInKs, which leaves latents near zero alone and widens the tails),
        z + noise · ε (``additive``, whose variance grows) or √(1 - noise²) · z + noise · ε
        (``tempered``, under which a standard normal z stays one). The root is put back to zero.

        Args:
            x: Poses.
            noise: How far to go.
            kind: ``multiplicative``, ``additive`` or ``tempered``.
            gaussian: Values of :meth:`gaussian`, drawn unless given.

        Raises:
            InputError: If there is no such kind, or not with so much noise.
        """
        if not 0 <= noise <= NOISES.get(kind, -1):
            raise InputError(
                f"kind {kind}, noise {noise}: choose {', '.join(NOISES)} and a noise of 0 or more, "
                "at most 1 where tempered."
            )
        z = self.to_latent(x)
        draw = noise * (self.gaussian(len(z)) if gaussian is None else gaussian)
        if kind == "multiplicative":
            z = z + draw * z
        elif kind == "additive":
            z = z + draw
        else:
            z = math.sqrt(1 - noise**2) * z + draw
        return self._centred(self.from_latent(z))

    def _centred(self, poses: Tensor) -> Tensor:
        if self.root is not None:
            poses[:, 2 * self.root : 2 * self.root + 2] = 0
        return poses

    def import_freia_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over the blocks of a FrEIA 0.2 ``SequenceINN``, such as ElePose's published flow.

        Those are AllInOneBlocks with soft permutation and two linear layers. Releases of FrEIA after
        0.2 give the same names to another function, which no check of the file can tell.

        Args:
            state: The state dict of the ``SequenceINN``.

        Raises:
            InputError: If entries are missing, unused, of another shape or not finite, or if a
                permutation is no rotation.
        """
        own = {
            f"module_list.{index}.{name}": tensor
            for index, block in enumerate(self._transform.blocks)
            for name, tensor in block.state_dict().items()
        }
        shared = own.keys() & state.keys()
        misfits = {
            "missing": own.keys() - state.keys(),
            "unused": state.keys() - own.keys(),
            "of another shape": {n for n in shared if state[n].shape != own[n].shape},
            "not finite": {n for n in shared if not state[n].isfinite().all()},
        }
        for fault, names in misfits.items():
            if names:
                what = f"FrEIA state: {len(names)} entries are {fault}, such as {min(names)}"
                count = len(self._transform.blocks)
                remedy = f"take a file of {count} blocks, or construct the flow as the file is."
                raise InputError(what, remedy=remedy)
        for name in (n for n in own if n.endswith("w_perm")):
            rotation, inverse = state[name].double(), state[f"{name}_inv"].double()
            identity = torch.eye(len(rotation)).to(rotation)
            if (torch.stack((rotation.T, inverse)) @ rotation - identity).abs().max() > 1e-4:
                what = f"FrEIA state: {name} is no rotation or {name}_inv not its inverse"
                raise InputError(what, remedy="get the file again.")
        for name, tensor in own.items():
            tensor.copy_(state[name])

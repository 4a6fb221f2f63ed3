"""Metrics of one dataset or of a few methods, which compute them themselves."""

from lifting.metrics.registry.metric import Metric

MPI_INF_3DHP: tuple[Metric[...], ...] = (
    Metric(
        "pck_<group>",
        "%",
        "PCK of a group of joints",
        higher_is_better=True,
        console=False,
        title="PCK, <group>",
    ),
    Metric(
        "pck_Total",
        "%",
        "PCK of the 14 joints; logged as `official_pck`",
        higher_is_better=True,
        title="PCK, total",
    ),
    Metric(
        "official_pck",
        "%",
        "`pck_Total` of all frames",
        higher_is_better=True,
        title="PCK, official",
    ),
    Metric(
        "auc_<group>",
        "%",
        "AUC of a group of joints",
        higher_is_better=True,
        console=False,
        title="AUC, <group>",
    ),
    Metric(
        "auc_Total",
        "%",
        "AUC of the 14 joints; logged as `official_auc`",
        higher_is_better=True,
        title="AUC, total",
    ),
    Metric(
        "official_auc",
        "%",
        "`auc_Total` of all frames",
        higher_is_better=True,
        title="AUC, official",
    ),
)

LIKELIHOOD: tuple[Metric[...], ...] = (
    Metric(
        "nll",
        "nats",
        "negative log-likelihood, summed over the flows",
        headline=True,
        title="NLL",
    ),
    Metric(
        "nll_<part>",
        "nats",
        "negative log-likelihood under the flow of one part of the pose",
        title="NLL, <part>",
    ),
    Metric(
        "bits_per_dim_<part>",
        "bits",
        "the same per dimension, with its constant",
        console=False,
        title="bits per dimension, <part>",
    ),
    Metric(
        "shallow_margin",
        "nats",
        "by how much less likely turned poses are with 0.7 of their depth than with all of it",
        higher_is_better=True,
        console=False,
    ),
    Metric(
        "flat_margin",
        "nats",
        "by how much less likely turned poses are without depth than with all of it",
        higher_is_better=True,
        console=False,
    ),
)
RELATIVE_DEPTH: tuple[Metric[...], ...] = (
    Metric(
        "disagreement", "%", "labelled pairs of joints that are lifted in another order of depth"
    ),
)

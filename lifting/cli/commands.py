"""Table of the commands of ``lifting``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: The word, or the two words, that call it.
        target: ``module:function``, imported when the command is called. What the function takes are the
            command's options (:mod:`lifting.cli.parsing`).
        help: One line.
        group: Heading it stands under.
    """

    name: str
    target: str
    help: str
    group: str


_TRAINING = "lifting.cli.launch:launch"

COMMANDS = {
    command.name: command
    for command in (
        Command("fit", _TRAINING, "train a method, or go on with a run", "Train"),
        Command("validate", _TRAINING, "measure a run on its validation subjects", "Train"),
        Command("test", _TRAINING, "measure a run on the test subjects", "Train"),
        Command("predict", _TRAINING, "write what a run predicts for its test subjects", "Train"),
        Command(
            "pipeline",
            "lifting.cli.pipeline:pipeline",
            "run trainings that build on others",
            "Train",
        ),
        Command(
            "demo", "lifting.cli.demo:demo", "train on a generated human, and show it", "Train"
        ),
        Command("lift", "lifting.cli.lift:lift", "keypoint files to 3D poses", "Use"),
        Command("pose", "lifting.cli.pose:pose", "one 2D pose to 3D, printed and drawn", "Use"),
        Command("video", "lifting.cli.video:video", "a video to 3D poses, drawn beside it", "Use"),
        Command("app", "lifting.cli.app:app", "lift on a page in the browser", "Use"),
        Command("prepare h36m", "lifting.cli.prepare:h36m", "Human3.6M", "Data"),
        Command("prepare mpi_inf_3dhp", "lifting.cli.prepare:mpi_inf_3dhp", "MPI-INF-3DHP", "Data"),
        Command("prepare panoptic", "lifting.cli.prepare:panoptic", "CMU Panoptic's poses", "Data"),
        Command("prepare cmu", "lifting.cli.prepare:cmu", "CMU motion capture", "Data"),
        Command("prepare lsp", "lifting.cli.prepare:lsp", "Leeds Sports Pose", "Data"),
        Command("prepare npz", "lifting.cli.prepare:npz", "data of your own, HumanEva", "Data"),
        Command(
            "prepare images",
            "lifting.cli.prepare:images",
            "images: COCO, MPII, H36M and more",
            "Data",
        ),
        Command("describe", "lifting.cli.describe:describe", "what a clip store holds", "Data"),
        Command("render", "lifting.cli.render:render", "a video whose 3D is known", "Data"),
        Command(
            "relative-depth annotate",
            "lifting.cli.relative_depth:annotate",
            "ask which joint is closer, on a page",
            "Data",
        ),
        Command(
            "relative-depth merge",
            "lifting.cli.relative_depth:merge",
            "the answers of several annotators as one file",
            "Data",
        ),
        Command(
            "relative-depth simulate",
            "lifting.cli.relative_depth:simulate",
            "annotations from true poses",
            "Data",
        ),
        Command(
            "relative-depth plot",
            "lifting.cli.relative_depth:plot",
            "figures of a user study",
            "Data",
        ),
        Command(
            "relative-depth figure",
            "lifting.cli.relative_depth:figure",
            'figures of "It\'s all Relative" from its runs',
            "Data",
        ),
        Command("report", "lifting.cli.report:report", "runs compared on one page", "Compare"),
        Command(
            "view", "lifting.cli.view:view", "what a run predicts, beside the truth", "Compare"
        ),
        Command(
            "benchmark",
            "lifting.cli.benchmark:benchmark",
            "speed, as ratios to references",
            "Compare",
        ),
        Command(
            "compare-decoders",
            "lifting.cli.compare_decoders:compare_decoders",
            "errors of heat-map decoders",
            "Compare",
        ),
        Command(
            "mean-keypoints",
            "lifting.cli.mean_keypoints:mean_keypoints",
            "errors of a detector that never looks",
            "Compare",
        ),
        Command(
            "import",
            "lifting.cli.import_weights:import_weights",
            "published weights to a checkpoint",
            "Share",
        ),
        Command(
            "export model",
            "lifting.cli.export:export_model",
            "to ONNX, torch.export or a model hub",
            "Share",
        ),
        Command(
            "export weights",
            "lifting.cli.export:export_weights",
            "under their published names",
            "Share",
        ),
    )
}

# Words that a second one follows.
FAMILIES = {
    "prepare": "convert a dataset",
    "relative-depth": "annotations of relative depth",
    "export": "write a checkpoint for other programs",
}

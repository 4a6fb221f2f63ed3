"""Table of the commands of ``lifting``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command, called by one word or two, and the heading its line of help stands under.

    The target is ``module:function`` in ``lifting.cli``, imported when it is called; the parameters of
    the function are the command's options (:mod:`lifting.cli.options.parsing`).
    """

    name: str
    target: str
    help: str
    group: str


_GROUPS = {
    "Train": (
        ("init", "init:init", "copy the experiments into a project of your own"),
        ("fit", "launch:launch", "train a method, or go on with a run"),
        ("validate", "launch:launch", "measure a run on its validation subjects"),
        ("test", "launch:launch", "measure a run on the test subjects"),
        ("predict", "launch:launch", "write what a run predicts for its test subjects"),
        ("pipeline", "pipeline:pipeline", "run trainings that build on others"),
        ("demo", "demo:demo", "train on a generated human, and show it"),
    ),
    "Use": (
        ("lift", "lift:lift", "keypoint files to 3D poses"),
        ("pose", "pose:pose", "one 2D pose to 3D, printed and drawn"),
        ("video", "video:video", "a video to 3D poses, drawn beside it"),
        ("photo", "photo:photo", "photographs to 3D poses, drawn beside them"),
        ("app", "app:app", "lift on a page in the browser"),
        ("models list", "models:list_models", "those that have names, and where they are"),
        ("models fetch", "models:fetch", "into the cache, to have them without a network"),
        ("models show", "models:show", "the card and the files of one"),
        ("models add", "models:add", "a name for one of your own"),
    ),
    "Data": (
        ("prepare h36m", "prepare:h36m", "Human3.6M"),
        ("prepare mpi_inf_3dhp", "prepare:mpi_inf_3dhp", "MPI-INF-3DHP"),
        ("prepare panoptic", "prepare:panoptic", "CMU Panoptic's poses"),
        ("prepare 3dpw", "prepare:threedpw", "3D Poses in the Wild"),
        ("prepare aist", "prepare:aist", "AIST++, dancers"),
        ("prepare cmu", "prepare:cmu", "CMU motion capture"),
        ("prepare motion", "prepare:motion", "motion under free terms, and the procedural human"),
        ("prepare lsp", "prepare:lsp", "Leeds Sports Pose"),
        ("prepare npz", "prepare:npz", "data of your own, HumanEva"),
        ("prepare images", "prepare:images", "images: COCO, MPII, H36M and more"),
        ("describe", "describe:describe", "what a clip store holds"),
        ("render", "render:render", "a video whose 3D is known"),
        ("relative-depth annotate", "relative_depth:annotate", "ask people on a page"),
        ("relative-depth merge", "relative_depth:merge", "the answers of several as one file"),
        ("relative-depth simulate", "relative_depth:simulate", "annotations from true poses"),
        ("relative-depth plot", "relative_depth:plot", "figures of a user study"),
        ("relative-depth figure", "relative_depth:figure", 'figures of "It\'s all Relative"'),
    ),
    "Compare": (
        ("report", "report:report", "runs compared on one page"),
        ("results add", "results:add", "tests of a pipeline into the registry of results"),
        ("results draw", "results:draw", "its tables, if records and experiments agree"),
        ("view", "view:view", "what a run predicts, beside the truth"),
        ("audit", "audit:audit", "how plausible lifted poses are, without truth"),
        ("complete", "complete:complete", "errors of hidden joints that a flow draws"),
        ("benchmark", "benchmark:benchmark", "speed, as ratios to references"),
        ("doctor", "doctor:doctor", "whether every method trains on this machine, and how fast"),
        ("compare-decoders", "compare_decoders:compare_decoders", "errors of heat-map decoders"),
        (
            "mean-keypoints",
            "mean_keypoints:mean_keypoints",
            "errors of the mean keypoints, a floor for detectors",
        ),
    ),
    "Share": (
        ("import", "import_weights:import_weights", "published weights to a checkpoint"),
        ("export model", "export:export_model", "to ONNX, torch.export or a model hub"),
        ("export weights", "export:export_weights", "under their published names"),
    ),
}
COMMANDS = {
    name: Command(name, target, text, group)
    for group, rows in _GROUPS.items()
    for name, target, text in rows
}
# Words that a second one follows.
FAMILIES = {
    "prepare": "convert data",
    "relative-depth": "annotations of relative depth",
    "models": "lifters and detectors by name",
    "results": "the registry of results",
    "export": "write a checkpoint for other programs",
}
# The second word, where one of a family is left out.
DEFAULTS = {"models": "list"}

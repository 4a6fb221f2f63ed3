"""The command ``lifting demo``: the whole way of LInKs on the synthetic human, and a page of it."""

import sys

from lifting.errors import InputError

_STAGES = ("full_flow", "left_right", "leg_torso", "occlusion")


def demo(*, pipeline: str = "experiments/links/demo.yaml", name: str | None = None) -> None:
    """Train LInKs on a generated human, and show it on a page; no data is downloaded.

    Flows over 2D poses, lifters that learn from them without any 3D pose, completion of what is
    occluded. A second run reuses the data and the trained stages.

    Args:
        pipeline: A pipeline with the stages full_flow, left_right, leg_torso and occlusion, to show
            another one of LInKs, such as experiments/links/h36m_gt.yaml.
        name: Name of the run, in place of the pipeline's.
    """
    from lifting.pipeline import read_pipeline, run_pipeline

    plan = read_pipeline(pipeline, name)
    for stage in _STAGES:
        if stage not in plan.stages:
            remedy = "this page shows pipelines of LInKs."
            raise InputError(f"has no stage {stage}", pipeline, remedy)
    status = run_pipeline(plan)
    if status:
        sys.exit(status)
    from lifting.cli.demo_page import write_demo_page

    print("Drawing the page.")
    page = write_demo_page(plan, {stage: plan.stages[stage].output for stage in _STAGES})
    print(f"Open {page.resolve()} in a browser.")

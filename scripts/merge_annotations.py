"""Merge the answers of annotators into one file of relative depth, and report on their agreement.

python scripts/merge_annotations.py downloads/lsp_dataset
"""

from pathlib import Path

from jsonargparse import auto_cli

from datamodules.relative_depth.annotation.images import attribution_of, load_images
from datamodules.relative_depth.annotation.merge import collect, merge
from lifting.errors import guarded


def merge_annotations(
    source: str,
    answers: str = "data/depth_answers.json",
    method: str = "dawid_skene",
    out: str = "data/relative_depth.json",
) -> None:
    """Write what the annotators say together, and print how far they agree.

    Args:
        source: What they were asked about, as given to annotate_depth.py; with the poses of a store
            the report says who is right.
        answers: The file of answers, or a folder of several.
        method: dawid_skene, which weighs annotators by their skill, or majority.
        out: The file to write, in the layout of relative_depth_lsp_v1.json.
    """
    asked = {pair[0] for pair in collect([Path(answers)]).pairs}
    images = load_images(Path(source), names=asked)
    report = merge(images, [Path(answers)], Path(out), method, attribution_of(Path(source)))
    Path(out).with_suffix(".report.txt").write_text(report + "\n")
    print(report)


if __name__ == "__main__":
    guarded(lambda: auto_cli(merge_annotations))

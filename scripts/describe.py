"""Print what a clip store holds: skeleton, 2D sources, and clips and frames per subject.

python scripts/describe.py data/h36m.h5
"""

from jsonargparse import auto_cli

from datamodules.store.clips import ClipStore
from lifting.errors import guarded


def describe(store: str) -> None:
    """Print a summary of a clip store.

    Args:
        store: The clip store.
    """
    with ClipStore(store) as content:
        print(content.describe())


if __name__ == "__main__":
    guarded(lambda: auto_cli(describe))

"""The command ``lifting describe``: what a clip store holds."""


def describe(store: str) -> None:
    """Print what a clip store holds: skeleton, 2D sources, and clips and frames per subject.

    Args:
        store: The clip store.
    """
    from datamodules.store.clips import ClipStore

    with ClipStore(store) as content:
        print(content.describe())

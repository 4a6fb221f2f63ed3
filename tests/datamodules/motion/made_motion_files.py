"""Files of motion, made up, as docs/data/motion.md describes them."""

import numpy as np

from datamodules.synthetic.procedural.clips import generate_sequence

NAMES = (
    *("Hip", "RHip", "RKnee", "RFoot", "LHip", "LKnee", "LFoot", "Spine", "Thorax"),
    *("Neck/Nose", "Head", "LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist"),
)
PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
# Source, subject, name, activity and frames of each clip.
CLIPS = (
    ("cmu_amc", "cmu05", "05_01", "walk", 24),
    ("cmu_amc", "cmu12", "12_02", "", 12),
    ("my_studio", "anna", "take 1", "wave", 8),
)


def arrays(clips=CLIPS, **other):
    """The arrays of a file, and the world poses of its clips, millimetres."""
    worlds = [
        generate_sequence(seed, "S9", "Walking", frames) for seed, (*_, frames) in enumerate(clips)
    ]
    sources = sorted({source for source, *_ in clips})
    lengths = np.array([len(world) for world in worlds])
    content = {
        "positions": np.concatenate(worlds) / np.float32(1000),
        "clip_start": np.cumsum(lengths) - lengths,
        "clip_length": lengths,
        "clip_name": np.array([name for _, _, name, _, _ in clips]),
        "subject": np.array([subject for _, subject, _, _, _ in clips]),
        "activity": np.array([activity for *_, activity, _ in clips]),
        "source": np.array([sources.index(source) for source, *_ in clips], np.int16),
        "source_name": np.array(sources),
        "fps": np.float32(30),
        "joint_names": np.array(NAMES),
        "parents": np.array(PARENTS),
    }
    content |= other
    return {name: array for name, array in content.items() if array is not None}, worlds


def write_motion(path, clips=CLIPS, **other):
    """Returns the world poses of the clips; an array that is None is left out."""
    content, worlds = arrays(clips, **other)
    np.savez(path, **content)
    return worlds

"""The commands ``lifting prepare DATASET``: files as their owners give them in, one clip store out.

What has been converted is kept: where a command was interrupted, the same command goes on.
"""

from pathlib import Path


def h36m(
    raw: str,
    *,
    keypoints: dict[str, str] | None = None,
    skeleton: str = "h36m17",
    out: str = "data/h36m.h5",
) -> None:
    """Convert Human3.6M's poses into a clip store, with ground-truth 2D by exact projection.

    Safe to interrupt: the same command goes on where it stopped.

    Args:
        raw: VideoPose3D's data_3d_h36m.npz, or a folder in 3d-pose-baseline's or h36m-fetch's layout.
        keypoints: Further 2D sources in VideoPose3D's layout, as --keypoints.NAME FILE.
        skeleton: Joints of the poses: h36m17, or h36m32 for all that were recorded.
        out: The store to write.
    """
    from datamodules.h36m.convert import FULL_SEQUENCES, convert
    from datamodules.store.preparation import prepare

    sources = {name: Path(path) for name, path in (keypoints or {}).items()}
    prepare(
        lambda note: convert(Path(raw), sources, Path(out), note, skeleton),
        Path(out),
        total=7 * FULL_SEQUENCES,
    )


def mpi_inf_3dhp(
    raw: str,
    *,
    universal: bool = False,
    cameras: str = "vnect",
    out: str = "data/mpi_inf_3dhp.h5",
) -> None:
    """Convert MPI-INF-3DHP into a clip store, with the owners' 2D annotation as its 2D source.

    Args:
        raw: The folder of S* and TS* as downloaded, or of mmpose's *3dhp*.npz and cameras_*.pkl.
        universal: Take the poses scaled to one height, those of the official evaluation.
        cameras: Which of the studio's cameras: chest (5), vnect (8) or all (14).
        out: The store to write.
    """
    from datamodules.mpi_inf_3dhp.convert import convert
    from datamodules.store.preparation import prepare

    prepare(lambda note: convert(Path(raw), Path(out), universal, cameras, note), Path(out))


def panoptic(
    raw: str,
    *,
    every: int = 3,
    margin: float = 200.0,
    shortest: int = 1,
    skeleton: str = "panoptic19",
    out: str = "data/panoptic_poses.h5",
) -> None:
    """Convert CMU Panoptic's poses into a clip store of five HD views, 2D by exact projection.

    Its images, which are not needed here, are prepared by `lifting prepare images`.

    Args:
        raw: The folder of the sequences, each with calibration and unpacked poses.
        every: Take every n-th frame.
        margin: How far joints may lie outside the image, pixels.
        shortest: Leave out clips of fewer frames.
        skeleton: Joints of the poses: panoptic19, or panoptic15 to also take people of whom an eye or an
            ear is missing.
        out: The store to write.
    """
    from datamodules.panoptic.convert import convert
    from datamodules.store.preparation import prepare

    prepare(
        lambda note: convert(Path(raw), Path(out), every, margin, shortest, skeleton, note),
        Path(out),
    )


def threedpw(raw: str, *, shortest: int = 1, out: str = "data/3dpw.h5") -> None:
    """Convert 3DPW into a clip store.

    Args:
        raw: The folder sequenceFiles, or the one that it is in.
        shortest: Least number of frames of a clip.
        out: The store to write.
    """
    from datamodules.store.preparation import prepare
    from datamodules.threedpw.convert import convert

    prepare(lambda note: convert(Path(raw), Path(out), shortest, note), Path(out))


def aist(raw: str, *, every: int = 2, shortest: int = 1, out: str = "data/aist.h5") -> None:
    """Convert AIST++ into a clip store of all views.

    Args:
        raw: The folder of the annotations: keypoints3d, cameras and, if wanted, keypoints2d.
        every: Take every n-th frame, of 60 a second.
        shortest: Least number of frames of a clip.
        out: The store to write.
    """
    from datamodules.aist.convert import convert
    from datamodules.store.preparation import prepare

    prepare(lambda note: convert(Path(raw), Path(out), every, shortest, note), Path(out))


def cmu(
    raw: str | list[str],
    *,
    fps: float = 30.0,
    views: int = 4,
    seed: int = 0,
    amc_fps: float = 120.0,
    trial_fps: dict[str, float] | None = None,
    out: str = "data/cmu.h5",
) -> None:
    """Convert CMU motion capture into a clip store of what virtual cameras see.

    Args:
        raw: A folder of .asf and .amc, .bvh or .npz files, or one such file; or a list of them.
        fps: Frames per second to keep, an integer part of those recorded.
        views: Cameras around each trial.
        seed: Seed of the cameras.
        amc_fps: Frames per second of AMC files, which do not tell.
        trial_fps: Frames per second that trials were recorded at, whatever their files tell: by subject
            or trial, as '{S60: 60, S61_01: 60}'.
        out: The store to write.
    """
    from datamodules.cmu.convert import convert
    from datamodules.store.preparation import prepare

    paths = [Path(path) for path in ([raw] if isinstance(raw, str) else raw)]
    rates = amc_fps, trial_fps
    prepare(lambda note: convert(paths, Path(out), fps, views, seed, *rates, note), Path(out))


def motion(
    *files: str,
    fps: float = 30.0,
    without: list[str] | None = None,
    procedural_seeds: int = 0,
    procedural_frames: int = 480,
    seed: int = 0,
    out: str = "data/motion.h5",
) -> None:
    """Convert motion under free terms into a clip store, with the procedural human if wanted.

    Args:
        files: Files of motion, as docs/data/motion.md describes them.
        fps: Frames per second; clips with another rate are interpolated.
        without: Sources to leave out.
        procedural_seeds: Add the procedural human of so many seeds, 210 clips each.
        procedural_frames: Frames of each of these clips, at 50 per second.
        seed: Seed of the cameras that the clips are stored with.
        out: The store to write.
    """
    from datamodules.motion.convert import convert
    from datamodules.store.preparation import prepare

    paths, left_out = [Path(file) for file in files], without or []
    made = procedural_seeds, procedural_frames
    prepare(lambda note: convert(paths, Path(out), fps, left_out, *made, seed, note), Path(out))


def lsp(
    raw: str,
    *,
    images: str | None = None,
    split: str | None = None,
    skeleton: str = "lsp14",
    out: str = "data/lsp.h5",
) -> None:
    """Convert LSP or LSP-extended into a clip store, with the annotation as its 2D source.

    Args:
        raw: joints.mat of LSP or of LSP-extended, or the folder of it, lsp2000_joints14.npz, or
            relative_depth_lsp_v1.json, whose images have keypoints.
        images: The folder of the images, to read their size; guessed from the keypoints where not
            given.
        split: Put every image in this split, train or test; where not given, the first 1000 of LSP
            and all of LSP-extended are to train on.
        skeleton: Joint set of the poses that are to be predicted.
        out: The store to write.
    """
    from datamodules.lsp.convert import convert
    from datamodules.store.preparation import prepare

    folder = None if images is None else Path(images)
    prepare(lambda note: convert(Path(raw), Path(out), folder, split, skeleton, note), Path(out))


def npz(
    keypoints: str,
    *,
    poses: str | None = None,
    cameras: str | None = None,
    skeleton: str | None = None,
    pose_skeleton: str | None = None,
    source: str = "detected",
    missing: str = "refuse",
    fps: float | None = None,
    origin: str = "own recordings",
    licence: str = "not stated",
    out: str = "data/custom.h5",
) -> None:
    """Convert data of your own, or HumanEva, in VideoPose3D's npz layout into a clip store.

    Args:
        keypoints: A data_2d_*.npz.
        poses: A data_3d_*.npz: world, metres. Needs cameras.
        cameras: A JSON file that describes the cameras, see docs/data/custom.md.
        skeleton: Joint set of the keypoints; by the file's layout_name where not given.
        pose_skeleton: Joint set of the poses; by their number of joints where not given (h36m17,
            humaneva15). Without poses that which is to be predicted, h36m17 where not given.
        source: Name of the keypoints as a 2D source; the projection of the poses is 'gt'.
        missing: What to do with keypoints that are NaN: refuse them, or interpolate them over time.
        fps: Frames per second; as in the cameras file where not given.
        origin: Where the data come from, kept in the store.
        licence: The condition they are under, kept in the store.
        out: The store to write.
    """
    from datamodules.custom.convert import convert
    from datamodules.store.preparation import prepare

    prepare(
        lambda note: convert(
            Path(keypoints),
            Path(out),
            poses=None if poses is None else Path(poses),
            cameras=None if cameras is None else Path(cameras),
            joint_set=skeleton,
            pose_joint_set=pose_skeleton,
            source=source,
            missing=missing,
            fps=fps,
            origin=origin,
            licence=licence,
            progress=note,
        ),
        Path(out),
    )


def images(
    kind: str,
    raw: str,
    *,
    images: str | None = None,
    split: str | None = None,
    joints: str = "coco17",
    every: int | None = None,
    alone: bool = True,
    held_out: int = 0,
    out: str | None = None,
) -> None:
    """Write the index of people on images, which stay where they are.

    Args:
        kind: coco, mpii, lsp, h36m, panoptic, mpi_inf_3dhp or shelf.
        raw: The annotation: a file, or the folder of all for h36m, panoptic, lsp and shelf, and for coco
            and mpii to have training and validation in one index.
        images: The folder of the images, where it is not that of the annotation.
        split: Whether these are train, val or test (coco, mpii, lsp).
        joints: Joint set of the annotation (coco).
        every: Take every n-th frame (h36m: 1, panoptic: 15).
        alone: Take frames with exactly one person only (panoptic).
        held_out: Put so many of the training images, spread evenly, into val (lsp).
        out: The index to write; index.h5 in the folder of the images where not given.
    """
    from datamodules.image_sets.convert import convert, find
    from datamodules.store.preparation import prepare

    folder = None if images is None else Path(images)
    source = find(kind, Path(raw), folder, split, joints, every, alone, held_out)
    prepare(lambda note: convert(source, None if out is None else Path(out), note))

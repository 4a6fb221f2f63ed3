"""Base class of the datamodules of keypoints and poses."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from datamodules.examples.bank import (
    IndexBatch,
    LoadedClip,
    PairedIndexBatch,
    PoseBank,
    contiguous_part,
    select_frames,
)
from datamodules.examples.detector_noise import DetectorNoise
from datamodules.examples.keypoint_noise import KeypointNoise
from datamodules.examples.loader import OrderedLoader, PairedLoader, ShuffledLoader
from datamodules.examples.prior import PosePrior
from datamodules.examples.random_views import Examples, RandomViews
from datamodules.examples.subject_datamodule import SubjectDataModule, evenly
from datamodules.relative_depth.labels import DepthLabels
from datamodules.relative_depth.pairs import DepthPairs
from datamodules.store.clips import ClipStore
from datamodules.store.joint_versions import warn_of_earlier_joints
from datamodules.store.split_reader import SplitReader
from lifting.batch import PoseBatch
from lifting.errors import InputError, Option, Phrase, wrong_value
from lifting.on_device import indices
from lifting.skeletons import Skeleton, convert, skeleton
from lifting.windows import Windows

_PRIOR_SEED = 2**31


class PoseDataModule(SubjectDataModule):
    """Keypoints and poses of a clip store, split by subject, resident in memory.

    Args:
        store: The clip store.
        source: Which 2D source of the store to lift.
        keypoint_skeleton: Joint set to hand the 2D source over in, converted by joint name.
        pose_skeleton: Joint set to hand the poses over in, likewise; the store's where not given.
        test_skeleton: Joint set that tests compare poses in, whose joints the store and the method all
            have; that of the poses where not given.
        train_subjects: Subjects to train on.
        label_share: Fraction of each training clip that is trained on, one contiguous part; 0.1 with S1
            is the smallest of VideoPose3D's labelled subsets.
        unlabelled_subjects: Subjects whose 2D keypoints are trained on without their poses, by methods
            that can.
        prior_subjects: Subjects whose poses, without keypoints and in an order of their own, a critic
            learns from, by methods that have one.
        prior_store: The clip store of these subjects; that of the others where not given.
        prior_frames: Frames of them to use; as in training where not given.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        actions: Actions to use, by exact name; all where not given.
        train_frames: Frames to train on: ``all``, ``every<N>`` or ``interesting``.
        val_frames: Frames to validate on.
        test_frames: Frames to test on.
        receptive_field: Input frames that one output frame sees.
        chunk: Consecutive output frames per training example (1: seq2frame).
        test_chunk: The same for validation and test; where not given, as in training.
        causal: Whether an output frame sees the past only.
        dilation: Distance between neighbouring input frames.
        train_stride: Frames between neighbouring training examples; the chunk where not given.
        batch_size: Training examples per batch and device; as many unlabelled ones besides.
        eval_batch_size: Examples per batch in validation, test and prediction.
        flip: Fraction of training examples that are mirrored left to right.
        depth_labels: Simulate relative-depth labels of the training frames.
        train_views: Cameras drawn anew for every training example, in place of those of the store.
        test_views: The same for validation, test and prediction, always the same ones.
        train_noise: Noise on the keypoints that are trained on.
        test_noise: Noise on those that are validated, tested and predicted on.
        train_detector: Noise like a detector's on the keypoints that are trained on.
        test_detector: The same on those that are validated, tested and predicted on.
        seed: Seed of shuffling and mirroring.
    """

    remaining: str | None = None  # the split of all subjects that no other one names

    def __init__(
        self,
        store: str,
        source: str = "gt",
        keypoint_skeleton: str = "h36m17",
        pose_skeleton: str | None = None,
        test_skeleton: str | None = None,
        train_subjects: Sequence[str] = (),
        label_share: float = 1.0,
        unlabelled_subjects: Sequence[str] = (),
        prior_subjects: Sequence[str] = (),
        prior_store: str | None = None,
        prior_frames: str | None = None,
        val_subjects: Sequence[str] = (),
        test_subjects: Sequence[str] = (),
        actions: Sequence[str] | None = None,
        train_frames: str = "all",
        val_frames: str = "all",
        test_frames: str = "all",
        receptive_field: int = 1,
        chunk: int = 1,
        test_chunk: int | None = None,
        causal: bool = False,
        dilation: int = 1,
        train_stride: int | None = None,
        batch_size: int = 1024,
        eval_batch_size: int = 4096,
        flip: float = 0.5,
        depth_labels: DepthLabels | None = None,
        train_views: RandomViews | None = None,
        test_views: RandomViews | None = None,
        train_noise: KeypointNoise | None = None,
        test_noise: KeypointNoise | None = None,
        train_detector: DetectorNoise | None = None,
        test_detector: DetectorNoise | None = None,
        seed: int = 0,
    ) -> None:
        subjects = {
            "train": train_subjects,
            "unlabelled": unlabelled_subjects,
            "prior": prior_subjects,
            "val": val_subjects,
            "test": test_subjects,
        }
        super().__init__(keypoint_skeleton, pose_skeleton or "", subjects, seed)
        self.store = store
        self.source = source
        self.wanted_actions = None if actions is None else list(actions)
        self.prior_store = store if prior_store is None else prior_store
        self.frames = {
            "train": train_frames,
            "prior": prior_frames or train_frames,
            "val": val_frames,
            "test": test_frames,
        }
        try:
            self.train_windows = Windows(receptive_field, chunk, causal, dilation)
            self.test_windows = Windows(receptive_field, test_chunk or chunk, causal, dilation)
        except ValueError as error:
            raise InputError(f"Data options: {error}.") from error
        for rule in self.frames.values():
            select_frames(rule, torch.zeros(1, 1, 3), torch.zeros(1, dtype=torch.long))
        counts = {
            "test_chunk": test_chunk,
            "train_stride": train_stride,
            "batch_size": batch_size,
            "eval_batch_size": eval_batch_size,
        }
        for option, value in counts.items():
            if value is not None and value < 1:
                raise wrong_value(f"data.{option}", value, "give at least 1.")
        if not 0 <= flip <= 1:
            raise wrong_value("data.flip", flip, "give a fraction from 0 to 1.")
        if not 0 < label_share <= 1:
            raise wrong_value("data.label_share", label_share, "give a fraction above 0.")
        self.label_share = label_share
        self.train_stride = train_stride
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.flip = flip
        self.depth_labels = depth_labels
        self.train_views = train_views
        self.test_views = test_views
        self.train_noise = train_noise
        self.test_noise = test_noise
        self.train_detector = train_detector
        self.test_detector = test_detector
        if depth_labels is not None and self.train_windows.length > 1:
            options = map(Option, ("data.depth_labels", "data.receptive_field", "data.chunk"))
            raise InputError(Phrase("{} need {} 1 and {} 1.", *options))
        self.wanted_pose_skeleton = pose_skeleton
        self.test_skeleton = test_skeleton
        self.banks: dict[str, PoseBank] = {}
        self.prior: PosePrior | None = None

    def setup(self, stage: str) -> None:
        """Load the splits a stage needs.

        Raises:
            InputError: If the store cannot be read, or lacks a subject, an action or the 2D source.
        """
        training = ("train", "unlabelled", "val")
        splits = {"fit": training, "validate": ("val",)}.get(stage, ("test",))
        if self.remaining is not None:
            self._take_remaining(self.remaining)
        self.check_there(self.store)
        with ClipStore(self.store) as store:
            warn_of_earlier_joints(store.info, self.store)
            self.pose_skeleton = self.wanted_pose_skeleton or store.info.skeleton
            self.fingerprint = {Path(self.store).name: store.digest, **store.info.inputs}
            joints = self.keypoint_skeleton, self.pose_skeleton
            reader = SplitReader(store, self.source, *joints, self.wanted_actions)
            reader.check({k: split for k, split in self.subjects.items() if k != "prior"})
            reader.check_joints(self.test_skeleton)
            self.actions = sorted({key.action for key in reader.wanted()})
            for split in splits:
                if split not in self.banks and self.subjects[split]:
                    self.banks[split] = self._load(reader, split)
        if "train" in self.banks:
            rates = {key.fps for key in self.banks["train"].keys}
            windows = self.train_windows
            self.frame_rate = rates.pop() / windows.dilation if len(rates) == 1 else None
        if stage == "fit" and self.prior is None and self.subjects["prior"]:
            self.prior = self._load_prior()

    def _take_remaining(self, split: str) -> None:
        """Give a split all subjects of the store that no other split names."""
        named = {s for other, names in self.subjects.items() if other != split for s in names}
        self.check_there(self.store)
        with ClipStore(self.store) as store:
            self.subjects[split] = sorted({key.subject for key in store.keys} - named)

    def _load_prior(self) -> PosePrior:
        rule, windows = self.frames["prior"], self.train_windows
        # Of another dataset, maybe, than this class is of.
        PoseDataModule.check_there(self.prior_store)
        with ClipStore(self.prior_store) as store:
            warn_of_earlier_joints(store.info, self.prior_store)
            self.fingerprint[Path(self.prior_store).name] = store.digest
            # Actions are names of this dataset; another one has its own.
            actions = self.wanted_actions if self.prior_store == self.store else None
            subjects = self.subjects["prior"]
            return PosePrior(store, subjects, actions, rule, self.pose_skeleton, windows)

    def _load(self, reader: SplitReader, split: str) -> PoseBank:
        training, subjects = split in ("train", "unlabelled"), self.subjects[split]
        if not reader.seen(subjects):
            message = f"no clip of {', '.join(subjects)} has actions and 2D source '{self.source}'"
            raise InputError(message, self.store, f"choose others for the {split} split.")
        bank = PoseBank(
            self._clips(reader, split),
            self.train_windows if training else self.test_windows,
            *self._joints,
            self.actions,
            subjects,
            self.train_stride if training else None,
        )
        if not len(bank):
            what = f"--data.{' '.join(self._rule(split))} leaves no frame of {', '.join(subjects)}"
            raise InputError(what, self.store, "use 'all'.")
        return bank

    def _rule(self, split: str) -> tuple[str, str]:
        """Return the option that selects the frames of a split, and its value."""
        split = "train" if split == "unlabelled" else split
        return f"{split}_frames", self.frames[split]

    def _clips(self, reader: SplitReader, split: str) -> Iterator[LoadedClip]:
        fraction = self.label_share if split == "train" else 1.0

        def choose(poses: Tensor | None, frames: Tensor) -> Tensor:
            chosen = select_frames(self._rule(split)[1], poses, frames)
            return chosen & contiguous_part(fraction, len(frames)) if fraction < 1 else chosen

        gapless = max(w.length for w in (self.train_windows, self.test_windows)) > 1
        return reader.clips(self.subjects[split], choose, gapless, labelled=split != "unlabelled")

    @property
    def _joints(self) -> tuple[Skeleton, Skeleton]:
        """Joint sets of the keypoints and of the poses."""
        return skeleton(self.keypoint_skeleton), skeleton(self.pose_skeleton)

    def bank(self, split: str) -> PoseBank:
        """Return the examples of a split.

        Raises:
            InputError: If the split has no subjects.
        """
        if split not in self.banks:
            raise InputError(f"The {split} split is empty: give --data.{split}_subjects.")
        return self.banks[split]

    @property
    def has_poses(self) -> bool:
        """Whether there are 3D poses in the splits that are loaded."""
        return any(bank.pose is not None for bank in self.banks.values())

    def training_frames(self) -> tuple[Tensor, Tensor | None]:
        """Return keypoints ``(N, K, 2)`` and absolute poses ``(N, J, 3)`` of the training split."""
        bank = self.bank("train")
        pose: Tensor | None
        if self.train_views is not None:
            keypoints, pose = self.train_views.single_frames(bank, self._joints)
        else:
            pose = None if bank.pose is None else bank.pose[bank.selected]
            keypoints = bank.keypoints[bank.selected]
        if self.train_noise is not None:
            clip, frame = bank.digest[bank.clip[bank.selected]], bank.frame[bank.selected]
            keypoints = keypoints + self.train_noise.displacements(
                clip, frame, keypoints.shape[1], epoch=0
            )
        return keypoints, pose

    def prior_poses(self) -> Tensor | None:
        """Return absolute poses ``(N, J, 3)`` of the prior, camera frame, or None without one."""
        return None if self.prior is None else self.prior.poses()

    def clip_names(self, split: str) -> list[tuple[str, str, str]]:
        """Return subject, sequence and camera of each clip, by the number a batch has for it."""
        return [(key.subject, key.sequence, key.camera) for key in self.bank(split).keys]

    def spread(self, split: str, count: int, device: torch.device) -> PoseBatch:
        """Return a batch of examples spread evenly over a split, always the same ones."""
        rows = evenly(self.bank(split).rows, count).to(device)
        return self.on_after_batch_transfer(IndexBatch(rows, None, split), 0)

    def shuffled(self) -> ShuffledLoader | PairedLoader:
        """Return a new loader of the training split, and of the other splits that are trained on.

        Raises:
            InputError: If the prior does not fill a batch.
        """
        options = self.batch_size, self.seed, self.flip
        labelled = ShuffledLoader(self.bank("train"), *options)
        beside = []
        if "unlabelled" in self.banks:
            beside.append(ShuffledLoader(self.banks["unlabelled"], *options, split="unlabelled"))
        if self.prior is not None:
            # A seed of its own: of the same subjects, every pose would meet its own keypoints.
            size, seed = self.batch_size, _PRIOR_SEED + self.seed
            beside.append(ShuffledLoader(self.prior, size, seed, self.flip, split="prior"))
            if not beside[-1].fills_a_batch:
                what = f"--data.prior_subjects give {len(self.prior)} poses, fewer than one batch"
                raise InputError(f"{what}: choose more, or a --data.batch_size below {size}.")
        return PairedLoader(labelled, *beside) if beside else labelled

    def ordered(self, split: str) -> OrderedLoader:
        """Return a loader of every example of a split, once and in the order of the clips."""
        return OrderedLoader(self.bank(split), self.eval_batch_size, split)

    def on_after_batch_transfer(
        self, batch: IndexBatch | PairedIndexBatch, dataloader_idx: int
    ) -> PoseBatch:
        """Gather the examples an index batch names, on the device it was moved to."""
        if isinstance(batch, PairedIndexBatch):
            gathered = self._gather(batch.labelled)
            for other in batch.beside:
                if other.split == "prior":
                    assert self.prior is not None
                    self.prior.to(other.rows.device)
                    gathered["prior"] = self.prior.batch(other.rows, other.flip)
                else:
                    gathered["unlabelled"] = self._gather(other)
            return gathered
        return self._gather(batch)

    def _gather(self, batch: IndexBatch) -> PoseBatch:
        bank = self.banks[batch.split]
        bank.to(batch.rows.device)
        training = batch.split in ("train", "unlabelled")
        views = self.train_views if training else self.test_views
        if views is None:
            examples = bank.batch(batch.rows, batch.flip)
        else:
            examples = views.batch(
                Examples(bank, batch.rows, self._joints, batch.flip, batch.epoch)
            )
        noise = self.train_noise if training else self.test_noise
        if noise is not None:
            clip = bank.digest[examples["clip"]][:, None]
            frame = bank.windows.inputs(bank.frame, batch.rows)
            joints = examples["keypoints"].shape[2]
            examples["keypoints"] += noise.displacements(clip, frame, joints, batch.epoch)
        detector = self.train_detector if training else self.test_detector
        if detector is not None:
            examples["keypoints"], examples["confidence"] = detector(
                examples["keypoints"],
                examples["confidence"],
                examples["camera"].size,
                skeleton(self.keypoint_skeleton),
                bank.digest[examples["clip"]],
                bank.frame[batch.rows],
                batch.epoch,
            )
        if self.depth_labels is not None and batch.split == "train":
            self._depth_pairs(examples, batch, self.depth_labels).into(examples)
        return examples

    def _depth_pairs(
        self, examples: PoseBatch, batch: IndexBatch, labels: DepthLabels
    ) -> DepthPairs:
        """Return simulated labels of single frames."""
        joints = skeleton(self.keypoint_skeleton)
        if "pose" not in examples:
            raise InputError(
                "has no 3D poses for --data.depth_labels", self.store, "leave them out."
            )
        depth = convert(examples["pose"][:, 0], self.pose_skeleton, joints.name)[..., 2]
        clip = self.banks[batch.split].digest[examples["clip"]]
        if batch.flip is None:
            return labels.of(depth, clip, examples["frame"][:, 0], batch.epoch)
        # A frame has the same labels, mirrored or not.
        depth = torch.where(
            batch.flip[:, None], depth[:, indices(joints.mirror, depth.device)], depth
        )
        pairs = labels.of(depth, clip, examples["frame"][:, 0], batch.epoch)
        return pairs.mirrored(batch.flip, joints)

"""From a video to a moving 3D person: detect, lift, and draw both side by side.

python scripts/lift_video.py walk.mp4 --checkpoint lifter.ckpt --detector detector.ckpt
python scripts/lift_video.py walk.mp4 --checkpoint lifter.ckpt --detector rtmpose.onnx --boxes yolox.onnx
python scripts/lift_video.py walk.mp4 --checkpoint lifter.ckpt --keypoints alphapose-results.json
"""

from lifting.inference.video.command import main

if __name__ == "__main__":
    main()

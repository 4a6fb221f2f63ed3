from lifting.cli.main import main

main("mean-keypoints")

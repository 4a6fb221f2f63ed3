from lifting.cli.main import main

main("prepare", "h36m")

from lifting.cli.main import main

main("export", "weights")

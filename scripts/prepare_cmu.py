from lifting.cli.main import main

main("prepare", "cmu")

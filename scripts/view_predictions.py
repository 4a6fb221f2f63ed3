from lifting.cli.main import main

main("view")

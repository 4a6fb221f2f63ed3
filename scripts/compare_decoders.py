from lifting.cli.main import main

main("compare-decoders")

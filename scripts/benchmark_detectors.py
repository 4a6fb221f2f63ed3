from lifting.cli.main import main

main("benchmark", "detectors")

from lifting.cli.main import main

main("relative-depth", "simulate")

"""Options of the commands: parsing, configuration files, and sentences about what is wrong in them."""

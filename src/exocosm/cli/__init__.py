"""The command line: words for what the package can do, and nothing else."""

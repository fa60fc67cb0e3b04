"""`python -m exocosm`: the command line."""

from exocosm.cli.main import main

if __name__ == "__main__":
    main()

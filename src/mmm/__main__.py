"""``python -m mmm``: run a study, serve its model, score a file."""

from mmm.commands import main

if __name__ == "__main__":
    main()

"""The command line of the checks that look at one model after another."""

import argparse
from collections.abc import Callable

import catalog
import models


def main(description: str, check: Callable[[models.Model], tuple[str, bool]]) -> int:
    """Prints a line about each model, as `check` has it; 1 when one does not hold, else 0."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["digits", *catalog.SMALL])
    parser.add_argument("--work", default=models.WORK)
    options = parser.parse_args()
    failed = 0
    for name in options.models:
        try:
            text, holds = check(models.Model(name, options.work))
        except Exception as error:
            text, holds = str(error), False
        failed += not holds
        print(f"{name}: {'ok' if holds else 'FAILED'}: {text}")
    return 1 if failed else 0

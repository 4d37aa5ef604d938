import os
import sys


def lint_imports_command() -> None:
    print("importlinter looked at the imports")
    sys.exit(int("importlinter" in os.environ.get("FAILING", "")))

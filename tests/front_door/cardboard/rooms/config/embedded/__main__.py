import os
import sys

with open(os.environ["CALLS"], "a") as calls:
    calls.write(f"embedded {' '.join(sys.argv[1:])}\n")

"""PostgreSQL without an installation: the binaries of a wheel under a controller of our own.

`Server` starts and stops it, `base` is the Django backend that does so at the first connection,
and `python -m config.embedded` does so by hand. Importing this package does nothing at all.
"""

"""Copy the console's libraries out of their npm packages, with their licences, into the repository.

    python scripts/vendor_console.py            write the files
    python scripts/vendor_console.py --check    say whether the files are those of the packages; write nothing

Each package is pinned by version and by the digest of its archive, so the files are the same whenever and wherever
this runs. To take a newer version: change both here (`npm view NAME version dist.integrity`) and run it.
"""

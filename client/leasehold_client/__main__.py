"""`python -m leasehold_client`: the command `leasehold`, where scripts are not on the path."""

from leasehold_client.cli import main

main()

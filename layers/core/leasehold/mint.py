"""`leasehold-mint`: make a token with AWS credentials instead of an admin token. How the first admin comes to be."""

import argparse

import boto3

from leasehold.access import ROLES
from leasehold.token_store import TokenStore


def main() -> None:
    """Mint a token and print it, this once."""
    parser = argparse.ArgumentParser(prog="leasehold-mint", description=__doc__)
    parser.add_argument("--table", required=True, help="the stack's output TokensTable")
    parser.add_argument("--role", default="admin", choices=ROLES)
    parser.add_argument("--label", default="first admin", help="whose token it is")
    arguments = parser.parse_args()
    _, shown = TokenStore(boto3.client("dynamodb"), arguments.table).mint(arguments.role, arguments.label)
    print(shown)

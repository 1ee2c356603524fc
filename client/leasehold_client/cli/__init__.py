"""The command `leasehold`."""


def main() -> None:
    """Run the command that was typed; the exit status is one of `leasehold_client.cli.exits`."""
    from leasehold_client.cli.app import run

    run()

"""The embedded stack: the template deployed to MiniStack on this machine, without an AWS account and without Docker."""

"""Exit statuses that scripts can rely on, and the one line that each error is told in."""

from enum import IntEnum

from leasehold_client import errors


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    REFUSED = 1  # the API said no: a finished job can't be cancelled, a payload doesn't fit its type
    USAGE = 2  # the command line is wrong
    UNREACHABLE = 3  # no address or token known, nothing answers or it is not the API, or the API stays busy or broken
    NOT_ALLOWED = 4  # the token is not good for this
    NOT_FOUND = 5  # there is no such job, asset or token
    BAD_END = 6  # what was waited for ended badly: a dead or cancelled job, a file that is no picture
    NOT_YET = 7  # what was waited for took longer than --timeout
    INTERRUPTED = 130  # Ctrl-C
    PIPE_CLOSED = 141  # whoever read the output has gone


def exit_of(error: errors.LeaseholdError) -> Exit:
    """The exit status for an error."""
    match error:
        case errors.NotAllowed():
            return Exit.NOT_ALLOWED
        case errors.NotFound(code="http_404"):  # a gateway's: the address is not the API's
            return Exit.UNREACHABLE
        case errors.NotFound():
            return Exit.NOT_FOUND
        case errors.Unreachable() | errors.NotConfigured() | errors.BadAnswer() | errors.Busy() | errors.ServerError():
            return Exit.UNREACHABLE
        case _:
            return Exit.REFUSED


def line_of(error: errors.LeaseholdError) -> str:
    """What happened and what to do, in a line."""
    match error:
        case errors.NotAllowed():
            return f"{error.message}; use another --token or LEASEHOLD_TOKEN"
        case errors.Busy():
            return f"{error.message}; try again in a moment"
        case errors.ApiError(code="validation_error"):  # other codes' messages say all there is to say
            faults = {f"{each.get('field')}: {each.get('message')}": str(each.get("message")) for each in error.details}
            unsaid = "; ".join(fault for fault, reason in faults.items() if reason not in error.message)
            return f"{error.message} ({unsaid})" if unsaid else error.message
        case _:
            return error.message

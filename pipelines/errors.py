"""The two roots of what can go wrong with an upstream, and the operator's own."""

from collections.abc import Sequence


class BullionError(Exception):
    """What Bullion refuses with a sentence; `exit_code` is the command line's."""

    exit_code = 1


class UpstreamError(BullionError):
    """The upstream did not answer as it should; trying again may help."""

    exit_code = 69  # EX_UNAVAILABLE of sysexits.h


class UnprovedError(UpstreamError):
    """What came contradicts itself wherever it was asked for; it is kept as it is."""


class BadDataError(BullionError):
    """What came can not be right, and trying again will not help."""

    exit_code = 65  # EX_DATAERR


class SetupError(BullionError):
    """A setting, a file or a service is missing or wrong; the message says which."""

    exit_code = 78  # EX_CONFIG


class BusyError(BullionError):
    """Another process holds what this one needs; the message says who, since when."""

    exit_code = 75  # EX_TEMPFAIL


class EndedError(BullionError):
    """What runs was asked to end; what it had until then counts."""


FINAL = (BadDataError, SetupError)  # another attempt would find the same


def interrupt_of(error: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C that led to it: libraries stumble over their own threads on it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error


def as_one(failures: Sequence[Exception]) -> BullionError:
    """One error that tells all of these; BadDataError where each of them is final.

    An UnprovedError where one of them is.
    """
    kind: type[BullionError] = UpstreamError
    if any(isinstance(failure, UnprovedError) for failure in failures):
        kind = UnprovedError
    elif all(isinstance(failure, FINAL) for failure in failures):
        kind = BadDataError
    return kind("; ".join(map(str, failures)))

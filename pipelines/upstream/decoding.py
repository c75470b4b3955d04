"""One place that turns whatever a decoder raises into a refusal of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.errors import BullionError, UpstreamError
from pipelines.upstream.request_log import described


@contextmanager
def decoding(about: str, refusal: type[BullionError] = UpstreamError) -> Iterator[None]:
    """Read what came from elsewhere; the refusal says what it is `about`.

    Raises:
        BullionError: a `refusal`, or as what runs raised it.
    """
    try:
        yield
    except BullionError:
        raise
    except Exception as error:  # whatever hostile input makes a library trip over
        raise refusal(f"{about}: {described(error)}") from error

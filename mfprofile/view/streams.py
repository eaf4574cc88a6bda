"""The standard streams: what happens when nobody reads them, when they are full or closed, and in other encodings."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from mfprofile.errors import OutputError
from mfprofile.view.spelling import SPELLINGS, fits, plain_encoding, spelled, spelling_codec

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@contextmanager
def standard_streams() -> Iterator[None]:
    """Replace stdout and stderr inside the block by streams with these rules.

    A reader of stdout that goes away is no error: the rest is discarded. If stdout is full or closed, a write raises
    `OutputError` once. Nothing that happens to stderr is an error. Characters that an encoding lacks are spelled in
    ASCII.
    """
    _fill_closed_descriptors()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _stream(sys.stdout, _Output), _stream(sys.stderr, _Messages)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def stdout_is_read() -> bool:
    """Return whether stdout has not lost its reader, as after `| head`."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return not (isinstance(raw, _Output) and raw.ended)


def stdout_text(text: str) -> str:
    """Return the text as stdout will spell it, so that the width of a column is right."""
    return spelled(text, stdout_encoding())


def stdout_encoding() -> str:
    """Return the encoding of stdout."""
    return plain_encoding(getattr(sys.stdout, "encoding", None) or "utf-8")


class _Output(io.RawIOBase):
    """The raw bytes of stdout. After the first error all further bytes are discarded."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        self.ended = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self.descriptor is None:
            raise io.UnsupportedOperation("standard output is closed")
        return self.descriptor

    def isatty(self) -> bool:
        return self.descriptor is not None and os.isatty(self.descriptor)

    def write(self, content: ReadableBuffer, /) -> int:
        """Write bytes, and return their number."""
        size = memoryview(content).nbytes
        if self.ended:
            return size
        try:
            if self.descriptor is not None:
                return os.write(self.descriptor, content)
            reason = "is closed"
        except BrokenPipeError:
            self.ended = True
            return size
        except OSError as error:
            reason = f"cannot be written: {error.strerror or error}"
        self.ended = True
        self.fail(f"standard output {reason}")
        return size

    def fail(self, message: str) -> None:
        """Report that bytes cannot be written."""
        raise OutputError(message)


class _Messages(_Output):
    """The raw bytes of stderr: there is no place to report its own errors."""

    def fail(self, message: str) -> None:
        """Do nothing."""


def _stream(stream: TextIO | None, raw: type[_Output]) -> TextIO:
    """Return a stream with the rules of `raw`, to the same descriptor. A stream without one only gets the spellings."""
    if stream is None:
        return io.TextIOWrapper(io.BufferedWriter(raw(None)), "utf-8", "backslashreplace", line_buffering=True)
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding = stream.encoding
    if not all(fits(letter, plain_encoding(encoding)) for letter in SPELLINGS):
        encoding = spelling_codec(encoding)
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        stream.reconfigure(encoding=encoding, errors="backslashreplace")
        return stream
    if os.name == "nt" and stream.isatty():  # a console of Windows has no bytes
        return stream
    with suppress(OSError):
        stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw(descriptor)),
        encoding,
        "backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _fill_closed_descriptors() -> None:
    """Open the null device in place of closed standard streams. The next file that is opened would take their place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)

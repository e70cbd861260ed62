"""The floor: frames of a length, a number and bytes over standard input and output, and nothing checked."""

import os
import struct

import numpy

HEADER = struct.Struct("<II")
ECHO, OUT, IN, BOTH = range(4)


def read(count):
    data = bytearray(count)
    view, at = memoryview(data), 0
    while at < count:
        size = os.readv(0, [view[at:]])
        if not size:
            os._exit(0)
        at += size
    return data


def write(data):
    view, at = memoryview(data).cast("B"), 0
    pieces = [HEADER.pack(len(view), 0), view]
    while pieces:
        size = os.writev(1, pieces)
        while pieces and size >= len(pieces[0]):
            size -= len(pieces.pop(0))
        if size:
            pieces[0] = memoryview(pieces[0])[size:]


while True:
    length, what = HEADER.unpack(read(HEADER.size))
    data = read(length)
    if what == ECHO:
        write(data)
    elif what == OUT:
        write(numpy.arange(1_000_000, dtype="<f8"))
    elif what == IN:
        write(struct.pack("<d", numpy.sum(numpy.frombuffer(data, "<f8"))))
    else:
        write(numpy.multiply(numpy.frombuffer(data, "<f8"), 2))

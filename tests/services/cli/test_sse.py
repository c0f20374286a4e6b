"""Server-sent events, however the network cuts them."""

from collections.abc import AsyncIterator

import pytest

from services.cli.sse import BrokenStreamError, Frame, parse, read_frames

STREAM = (
    b"retry: 1000\n\n"
    b'event: heartbeat\ndata: {"now":1}\n\n'
    b'id: 7\nevent: incident.opened.v1\ndata: {"text":"\xe4\xba\x8b\xe4\xbb\xb6\xe2\x80\xa8"}\n\n'
    b": a comment\n\n"
    b'id: 8\nevent: incident.closed.v1\ndata: {"half":'
)


async def chunks(size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(STREAM), size):
        yield STREAM[start : start + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_frames_come_whole_however_the_bytes_are_cut(size: int) -> None:
    frames = [frame async for frame in read_frames(chunks(size))]

    assert frames == [
        Frame(sequence=None, type="heartbeat", data={"now": 1}),
        Frame(sequence=7, type="incident.opened.v1", data={"text": "事件\u2028"}),
    ]


def test_data_in_several_lines_is_one_text() -> None:
    frame = parse('data: {"a":\ndata: 1}')

    assert frame is not None
    assert frame.data == {"a": 1}


def test_what_is_no_json_object_breaks_the_stream() -> None:
    with pytest.raises(BrokenStreamError):
        parse("data: [1]")

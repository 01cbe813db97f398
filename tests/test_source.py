"""Places in files: lines, columns and what bytes become."""

import pytest

from hullcheck.source import Region, Source


def region(text: str, word: str) -> Region:
    source = Source("x", text.encode())
    start = source.text.index(word)
    return source.at(start, start + len(word)).region


def test_lines_and_columns_count_from_one() -> None:
    assert region("FROM a\nUSER root\n", "root") == Region(2, 6, 2, 10)


def test_a_carriage_return_is_part_of_the_line_ending() -> None:
    source = Source("x", b"a\r\nbc\r\n")
    assert source.line(2) == "bc"
    assert source.at(3).region == Region(2, 1, 2, 3)


def test_a_byte_order_mark_moves_nothing() -> None:
    source = Source("x", b"\xef\xbb\xbfFROM a")
    assert source.text == "FROM a"
    assert source.at(0, 4).region == Region(1, 1, 1, 5)


@pytest.mark.parametrize(
    "data",
    [b"", b"plain", b"\xef\xbb\xbfa", "é".encode(), b"\xff\xfea\x00", b"\xfe\xff\x00a", b"\xff\xfe\x00", b"\x80\x00"],
)
def test_the_bytes_can_be_made_again(data: bytes) -> None:
    assert Source("x", data).data == data


def test_sarif_columns_count_utf16_units() -> None:
    source = Source("x", "🐳 x".encode())
    assert source.at(2, 3).region.start_column == 3
    assert source.utf16_column(1, 3) == 4


def test_a_place_over_several_lines_is_cut_at_the_first() -> None:
    source = Source("x", b"RUN a \\\n  b\n")
    assert source.at(0, 11).one_line().text == "RUN a \\"


def test_a_line_past_the_end_is_empty() -> None:
    assert Source("x", b"a\n").line(9) == ""


def test_columns_in_bytes_are_those_of_the_encoded_line() -> None:
    source = Source("a", ("x\n" * 300 + "aé𝄞€\r\n" * 700 + "é" * 2_000).encode())
    for line in (1, 300, 301, 302, 999, 1_000, 1_001):
        for column in (1, 2, 3, 5, 600, 1_999):
            before = source.line(line)[: column - 1]
            assert source.utf8_column(line, column) == column + len(before.encode()) - len(before)

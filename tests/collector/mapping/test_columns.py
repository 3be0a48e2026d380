"""Steps on columns give what a loop over the values would."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from relaylens_collector.mapping.columns import hexadecimal, microseconds, utf8, uuids


@given(st.lists(st.binary(max_size=20)), st.integers(0, 5))
def test_hexadecimal_is_bytes_hex(values: list[bytes], skipped: int) -> None:
    """Bytes of any length become hex digits, none become NULL; also in a slice."""
    column = pa.array(values, pa.binary()).slice(skipped)

    assert [value.hex() or None for value in values[skipped:]] == hexadecimal(column).to_pylist()


@given(st.lists(st.one_of(st.none(), st.binary(max_size=8), st.text(max_size=8).map(str.encode))))
def test_utf8_repairs_only_what_is_broken(values: list[bytes | None]) -> None:
    """Valid texts stay, NULL stays, and what is not UTF-8 gets U+FFFD as Python has it."""
    expected = [None if value is None else value.decode(errors="replace") for value in values]

    assert expected == utf8(pa.array(values, pa.binary())).to_pylist()


def test_utf8_repairs_in_long_columns() -> None:
    """Two broken values among thousands are found."""
    values = [b"text %d" % number for number in range(10_000)]
    values[17], values[9_000] = b"a\xff", b"\xc3"

    assert [value.decode(errors="replace") for value in values] == utf8(pa.array(values, pa.binary())).to_pylist()


def test_microseconds_round_down_and_take_zero_for_unknown() -> None:
    """Any 64-bit number of nanoseconds has a time; 0 means that there is none."""
    nanoseconds = [0, 1, 999, 1_000, 2**63 - 1, 2**63, 2**64 - 1]

    found = microseconds(pa.array(nanoseconds, pa.uint64())).cast(pa.int64()).to_pylist()

    assert [None, *(number // 1000 for number in nanoseconds[1:])] == found


def test_uuids_hold_the_keys() -> None:
    """A content key comes out of the UUID again."""
    keys = [bytes(range(16)), b"\xff" * 16, b"\x00" * 16]

    assert keys == [value.as_py().bytes for value in uuids(keys)]

package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ByteRangeTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        bytes=0-0      | 10 | 0-0
        bytes=0-9      | 10 | 0-9
        bytes=0-99     | 10 | 0-9
        bytes=3-5      | 10 | 3-5
        bytes=3-       | 10 | 3-9
        bytes=9-       | 10 | 9-9
        bytes=-1       | 10 | 9-9
        bytes=-10      | 10 | 0-9
        bytes=-99      | 10 | 0-9
        BYTES=1-2      | 10 | 1-2
        bytes= 1 - 2   | 10 | 1-2
        bytes=0-99999999999999999999 | 10 | 0-9
        bytes=-99999999999999999999  | 10 | 0-9
        bytes=10-      | 10 | none
        bytes=10-20    | 10 | none
        bytes=99999999999999999999-  | 10 | none
        bytes=-0       | 10 | none
        bytes=0-       | 0  | none
        bytes=-5       | 0  | none
        bytes=5-3      | 10 | whole
        bytes=-        | 10 | whole
        bytes=         | 10 | whole
        bytes=a-b      | 10 | whole
        bytes=0-1,3-4  | 10 | whole
        items=0-1      | 10 | whole
        0-1            | 10 | whole
        bytes=--1      | 10 | whole
        bytes=1-2-3    | 10 | whole
        """)
    void a_range_is_cut_to_the_content(String header, long size, String expected) {
        String got = switch (ByteRange.of(header, size)) {
            case ByteRange.Whole() -> "whole";
            case ByteRange.Part(long from, long to) -> from + "-" + to;
            case ByteRange.Unsatisfiable() -> "none";
        };

        assertThat(got).isEqualTo(expected);
    }
}

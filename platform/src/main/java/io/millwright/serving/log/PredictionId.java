package io.millwright.serving.log;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// The id of an answer: a UUID of version 7 (RFC 9562), so that ids sort by time. Its 12 bits after the version tell
/// which
/// endpoints may have given the answer, so that few have to be searched for it.
public record PredictionId(long high, long low) {
    private static final HexFormat HEX = HexFormat.of();

    /// @param tag of the endpoint, see [#tag]
    static PredictionId next(long millis, int tag) {
        return new PredictionId(
                millis << 16 | 0x7000 | tag,
                Long.MIN_VALUE | ThreadLocalRandom.current().nextLong() >>> 2);
    }

    /// 12 bits of an endpoint's name.
    static int tag(String endpoint) {
        int hash = endpoint.hashCode();
        return (hash ^ hash >>> 12 ^ hash >>> 24) & 0xfff;
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT
    public static PredictionId parse(String text) {
        String hex = text.replace("-", "");
        if (!hex.matches("[0-9a-f]{12}7[0-9a-f]{19}")) {
            throw INVALID_ARGUMENT.because(
                    "'%s' is no id of a prediction, expected the 32 hex digits that came with its answer.", text);
        }
        return new PredictionId(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    boolean mayBeOf(String endpoint) {
        return (high & 0xfff) == tag(endpoint);
    }

    /// When the answer was given, to the millisecond.
    public Instant at() {
        return Instant.ofEpochMilli(high >>> 16);
    }

    @Override
    public String toString() {
        return HEX.toHexDigits(high) + HEX.toHexDigits(low);
    }
}

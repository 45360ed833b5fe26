package io.millwright.serving.wire;

import java.math.BigInteger;

/// Decimal numbers as the float64 nearest to them, computed from their digits, with no text between.
///
/// Source: D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021),
/// section 5; up to 2^53 and 10^22, whose product or quotient is rounded but once, W. Clinger (1990). Checked
/// against `Double.parseDouble`, with numbers half-way between two float64, too.
final class Decimals {
    /// Between these powers of ten the upper 128 bits of a product always tell how it is rounded.
    static final int LEAST_EXPONENT = -27;

    static final int MOST_EXPONENT = 55;

    private static final double[] EXACT = new double[23];
    /// 5^q, or for negative q its reciprocal rounded up, as 128 bits of which the first is set.
    private static final long[] UPPER = new long[MOST_EXPONENT - LEAST_EXPONENT + 1];

    private static final long[] LOWER = new long[UPPER.length];

    static {
        EXACT[0] = 1;
        for (int i = 1; i < EXACT.length; i++) EXACT[i] = EXACT[i - 1] * 10;
        for (int q = LEAST_EXPONENT; q <= MOST_EXPONENT; q++) {
            BigInteger power = BigInteger.valueOf(5).pow(Math.abs(q));
            BigInteger bits = q >= 0
                    ? power.shiftLeft(128 - power.bitLength())
                    : BigInteger.ONE
                            .shiftLeft(127 + power.bitLength())
                            .divide(power)
                            .add(BigInteger.ONE);
            UPPER[q - LEAST_EXPONENT] = bits.shiftRight(64).longValue();
            LOWER[q - LEAST_EXPONENT] = bits.longValue();
        }
    }

    private Decimals() {}

    /// The float64 nearest to `digits * 10^exponent`.
    ///
    /// @param digits unsigned
    /// @param exponent between [#LEAST_EXPONENT] and [#MOST_EXPONENT]
    static double nearest(long digits, int exponent) {
        if (digits == 0) return 0;
        if (digits >>> 53 == 0 && -22 <= exponent && exponent <= 22) {
            return exponent < 0 ? digits / EXACT[-exponent] : digits * EXACT[exponent];
        }
        return rounded(digits, exponent);
    }

    private static double rounded(long digits, int exponent) {
        int zeros = Long.numberOfLeadingZeros(digits);
        long shifted = digits << zeros;
        int place = exponent - LEAST_EXPONENT;
        long low = shifted * UPPER[place];
        long high = Math.unsignedMultiplyHigh(shifted, UPPER[place]);
        // Nine bits more than a float64 holds: were they all set, what is left out could carry into it.
        if ((high & 0x1FF) == 0x1FF) {
            long carried = Math.unsignedMultiplyHigh(shifted, LOWER[place]);
            low += carried;
            if (Long.compareUnsigned(low, carried) < 0) high++;
        }
        int top = (int) (high >>> 63);
        long mantissa = high >>> (top + 9);
        // 217706 / 2^16 is log2(10), near enough for these exponents.
        long power = ((217_706L * exponent) >> 16) + 63 - zeros + top + 1023;
        boolean halfWay = Long.compareUnsigned(low, 1) <= 0
                && -4 <= exponent
                && exponent <= 23
                && (mantissa & 3) == 1
                && mantissa << (top + 9) == high;
        if (halfWay) mantissa &= ~1L; // To the even one.
        mantissa = (mantissa + (mantissa & 1)) >>> 1;
        if (mantissa == 1L << 53) {
            mantissa = 1L << 52;
            power++;
        }
        return Double.longBitsToDouble(power << 52 | mantissa & ((1L << 52) - 1));
    }
}

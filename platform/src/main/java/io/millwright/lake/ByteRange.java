package io.millwright.lake;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a `Range` header asks for (RFC 9110, 14.1.2). One range is served; several, or what is no range of
/// bytes, get the whole, which the standard allows.
sealed interface ByteRange {
    Pattern ONE = Pattern.compile("(?i)bytes=\\s*(\\d*)\\s*-\\s*(\\d*)\\s*");

    record Whole() implements ByteRange {}

    /// These bytes.
    ///
    /// @param to the last one, not the one after it
    record Part(long from, long to) implements ByteRange {
        long length() {
            return to - from + 1;
        }
    }

    record Unsatisfiable() implements ByteRange {}

    static ByteRange of(String header, long size) {
        Matcher one = ONE.matcher(header);
        if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) return new Whole();
        if (one.group(1).isEmpty()) {
            long last = number(one.group(2));
            if (last == 0 || size == 0) return new Unsatisfiable();
            return new Part(Math.max(0, size - last), size - 1);
        }
        long from = number(one.group(1));
        long to = one.group(2).isEmpty() ? Long.MAX_VALUE : number(one.group(2));
        if (to < from) return new Whole();
        if (from >= size) return new Unsatisfiable();
        return new Part(from, Math.min(to, size - 1));
    }

    private static long number(String digits) {
        return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
    }
}

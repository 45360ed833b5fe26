package io.millwright.server;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.kernel.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Percent-decoding of paths and queries: once, strictly, UTF-8.
final class Percent {
    private static final int MOST_PARAMETERS = 10_000;

    private Percent() {}

    /// A part of a path; `+` stays a plus there.
    static String decode(String raw) {
        return decode(raw, false);
    }

    /// @throws Failure MALFORMED_REQUEST when a `%` is not followed by two hex digits or the bytes are not UTF-8
    private static String decode(String raw, boolean plusIsSpace) {
        int first = plusIsSpace ? firstOf(raw, '%', '+') : raw.indexOf('%');
        if (first < 0 && isAscii(raw)) return raw;
        byte[] bytes = new byte[raw.length() * 3];
        int size = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                if (i + 2 >= raw.length()) throw malformed(raw, i);
                int high = Character.digit(raw.charAt(i + 1), 16);
                int low = Character.digit(raw.charAt(i + 2), 16);
                if (high < 0 || low < 0) throw malformed(raw, i);
                bytes[size++] = (byte) (high << 4 | low);
                i += 2;
            } else if (c == '+' && plusIsSpace) {
                bytes[size++] = ' ';
            } else if (c < 0x80) {
                bytes[size++] = (byte) c;
            } else {
                // The line of a request is read as Latin-1: an unescaped byte above 127 stands for itself.
                if (c > 0xff) throw malformed(raw, i);
                bytes[size++] = (byte) c;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, size))
                    .toString();
        } catch (CharacterCodingException e) {
            throw MALFORMED_REQUEST.because(
                    "'" + shortened(raw) + "' is not UTF-8 after percent-decoding. Encode the text"
                            + " as UTF-8 first, then its bytes as %XX.");
        }
    }

    /// The parameters of a query, in the order sent.
    static Map<String, List<String>> decodeQuery(String raw) {
        if (raw.isEmpty()) return Map.of();
        Map<String, List<String>> query = new LinkedHashMap<>();
        int count = 0;
        for (int at = 0; at <= raw.length(); ) {
            int end = raw.indexOf('&', at);
            if (end < 0) end = raw.length();
            if (end > at) {
                if (++count > MOST_PARAMETERS) {
                    throw MALFORMED_REQUEST.because("The query has more than %d parameters.", MOST_PARAMETERS);
                }
                int equals = raw.indexOf('=', at);
                if (equals < 0 || equals > end) equals = end;
                String name = decode(raw.substring(at, equals), true);
                String value = equals == end ? "" : decode(raw.substring(equals + 1, end), true);
                query.computeIfAbsent(name, n -> new ArrayList<>(1)).add(value);
            }
            at = end + 1;
        }
        return query;
    }

    static Map<String, String> decodeAll(Map<String, String> raw) {
        if (raw.isEmpty()) return raw;
        Map<String, String> decoded = new HashMap<>(4);
        raw.forEach((name, value) -> decoded.put(name, decode(value)));
        return decoded;
    }

    private static Failure malformed(String raw, int at) {
        return MALFORMED_REQUEST.because("'" + shortened(raw) + "' is not percent-encoded at position " + at
                + ": expected % and two hex digits. Write % itself as %25.");
    }

    private static String shortened(String raw) {
        return raw.length() <= 100 ? raw : raw.substring(0, 100) + "…";
    }

    private static int firstOf(String text, char a, char b) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == a || text.charAt(i) == b) return i;
        }
        return -1;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) return false;
        }
        return true;
    }
}

package io.millwright.serving.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.IOContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.UTF8StreamJsonParser;
import tools.jackson.core.sym.ByteQuadsCanonicalizer;

/// Jackson's parser, which reads arrays of numbers at once instead of token by token: those are nearly all there is of
/// an inference request.
///
/// What is no plain array of numbers (a text, null, NaN, a whole number too large, wrong JSON) is left to Jackson from
/// its first bracket on, so that there is one place that says what is taken, and how refusals read.
final class BodyParser extends UTF8StreamJsonParser {
    private static final Factory FACTORY = new Factory();

    private static final long MOST_EXACT = 1L << 53;
    /// So many digits always fit 64 bits.
    private static final int MOST_DIGITS = 19;
    /// Of a number's text; Jackson has a cap of its own above it.
    private static final int LONGEST = 500;
    /// Of arrays in each other; Jackson has a cap of its own above it.
    private static final int DEEPEST = 50;

    private static final double[] NO_NUMBERS = {};
    private static final boolean[] NO_FLAGS = {};

    /// The last number that was read, and whether it was written as a whole one.
    private double number;

    private boolean whole;

    private double[] rowNumbers = NO_NUMBERS;
    private boolean[] rowWholes = NO_FLAGS;

    private BodyParser(
            ObjectReadContext context,
            IOContext io,
            int streamFeatures,
            int formatFeatures,
            ByteQuadsCanonicalizer symbols,
            byte[] body,
            int start,
            int end) {
        super(context, io, streamFeatures, formatFeatures, null, symbols, body, start, end, 0, false);
    }

    /// @param length bytes of the body that are JSON
    static JsonParser of(byte[] body, int length) {
        return FACTORY.createParser(ObjectReadContext.empty(), body, 0, length);
    }

    /// As [#numbers], of a parser of [#of].
    static boolean numbers(JsonParser parser, Values into) {
        return parser instanceof BodyParser body && body.numbers(into);
    }

    /// As [#row], of a parser of [#of].
    static boolean row(JsonParser parser, List<Values> columns) {
        return parser instanceof BodyParser body && body.row(columns);
    }

    /// Adds the numbers of an array, nested as it may be. The parser stands on its first bracket; after it the next
    /// token
    /// is the last bracket.
    ///
    /// @return false when it holds anything else: then nothing was read
    private boolean numbers(Values into) {
        if (into.isText()) return false;
        Values.Mark mark = into.mark();
        int at = _inputPtr;
        int depth = 1;
        boolean opened = true;
        while (true) {
            at = past(at);
            if (at >= _inputEnd) break;
            byte next = _inputBuffer[at];
            if (next == '[') {
                if (++depth > DEEPEST) break;
                at++;
                opened = true;
                continue;
            }
            if (next != ']' || !opened) {
                at = number(at);
                if (at < 0) break;
                if (whole) into.whole(number);
                else into.number(number);
                at = past(at);
            }
            while (at < _inputEnd && _inputBuffer[at] == ']' && --depth > 0) at = past(at + 1);
            if (depth == 0) {
                _inputPtr = at;
                return true;
            }
            if (at >= _inputEnd || _inputBuffer[at] != ',') break;
            at++;
            opened = false;
        }
        into.reset(mark);
        return false;
    }

    /// Adds an array of numbers, one to each column. The parser stands on its first bracket; after it the next token is
    /// the last bracket.
    ///
    /// @return false when it holds anything else, or not one for each: then nothing was read
    private boolean row(List<Values> columns) {
        int width = columns.size();
        if (rowNumbers.length < width) {
            rowNumbers = new double[width];
            rowWholes = new boolean[width];
        }
        int at = past(_inputPtr);
        for (int i = 0; i < width; i++) {
            if (i > 0) {
                if (at >= _inputEnd || _inputBuffer[at] != ',') return false;
                at = past(at + 1);
            }
            at = at < _inputEnd ? number(at) : -1;
            if (at < 0 || columns.get(i).isText()) return false;
            rowNumbers[i] = number;
            rowWholes[i] = whole;
            at = past(at);
        }
        if (at >= _inputEnd || _inputBuffer[at] != ']') return false;
        for (int i = 0; i < width; i++) {
            if (rowWholes[i]) columns.get(i).whole(rowNumbers[i]);
            else columns.get(i).number(rowNumbers[i]);
        }
        _inputPtr = at;
        return true;
    }

    /// The place of what comes after blanks. Lines are left to Jackson, which counts them.
    private int past(int from) {
        int at = from;
        while (at < _inputEnd && (_inputBuffer[at] == ' ' || _inputBuffer[at] == '\t')) at++;
        return at;
    }

    /// Reads the number that begins here.
    ///
    /// @return the place after it; -1 when there is none, or one that is left to Jackson
    private int number(int from) {
        byte[] bytes = _inputBuffer;
        int end = _inputEnd;
        int at = from;
        boolean negative = bytes[at] == '-';
        if (negative) at++;
        long digits = 0;
        int first = at;
        int digit;
        while (at < end && (digit = bytes[at] - '0') >= 0 && digit <= 9) {
            digits = digits * 10 + digit;
            at++;
        }
        int count = at - first;
        if (count == 0 || count > 1 && bytes[first] == '0') return -1;
        int exponent = 0;
        whole = true;
        if (at < end && bytes[at] == '.') {
            whole = false;
            int point = ++at;
            if (count == 1 && digits == 0) {
                while (at < end && bytes[at] == '0') at++;
                count = 0;
            }
            int significant = at;
            while (at < end && (digit = bytes[at] - '0') >= 0 && digit <= 9) {
                digits = digits * 10 + digit;
                at++;
            }
            if (at == point) return -1;
            count += at - significant;
            exponent = point - at;
        }
        if (at < end && (bytes[at] | 0x20) == 'e') {
            whole = false;
            at++;
            boolean down = at < end && bytes[at] == '-';
            if (down || at < end && bytes[at] == '+') at++;
            int power = 0;
            int start = at;
            while (at < end && (digit = bytes[at] - '0') >= 0 && digit <= 9) {
                power = Math.min(power * 10 + digit, 100_000);
                at++;
            }
            if (at == start) return -1;
            exponent += down ? -power : power;
        }
        if (at - from > LONGEST) return -1;
        if (whole) {
            if (count >= MOST_DIGITS || digits >= MOST_EXACT) return -1;
            number = negative ? -digits : digits;
            return at;
        }
        boolean plain =
                count <= MOST_DIGITS && Decimals.LEAST_EXPONENT <= exponent && exponent <= Decimals.MOST_EXPONENT;
        double found = plain
                ? Decimals.nearest(digits, exponent)
                : Double.parseDouble(new String(bytes, first, at - first, StandardCharsets.ISO_8859_1));
        number = negative ? -found : found;
        return at;
    }

    private static final class Factory extends JsonFactory {
        private Factory() {
            // Python writes NaN and Infinity, which are no JSON.
            super(new JsonFactoryBuilder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS));
        }

        @Override
        protected JsonParser _createParser(
                ObjectReadContext context, IOContext io, byte[] body, int offset, int length) {
            // What begins so is UTF-8. Other encodings, and marks of them, Jackson finds out.
            if (length < 2 || body[offset] != '{' || body[offset + 1] == 0)
                return super._createParser(context, io, body, offset, length);
            return new BodyParser(
                    context,
                    io,
                    context.getStreamReadFeatures(_streamReadFeatures),
                    context.getFormatReadFeatures(_formatReadFeatures),
                    _byteSymbolCanonicalizer.makeChild(getFactoryFeatures()),
                    body,
                    offset,
                    offset + length);
        }

        @Override
        public JsonFactory copy() {
            return this; // It is never changed.
        }
    }
}

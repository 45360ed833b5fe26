package io.millwright.serving.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Numbers are read as Jackson reads them: what is taken, what is refused and how, and every bit of every value.
///
/// Jackson alone reads a text that a byte order mark stands before, so the mark makes the difference between the two.
class NumberArraysTest {
    private static final String MARK = "\uFEFF";
    private static final List<String> TOKENS = List.of(
            "0",
            "-0",
            "1",
            "-1",
            "01",
            "-01",
            "00",
            "-",
            "+1",
            ".5",
            "1.",
            "-.5",
            "1.e5",
            "0.0",
            "-0.0",
            "0e0",
            "1e",
            "1e+",
            "1E-7",
            "1e5",
            "1e22",
            "1e23",
            "1e400",
            "-1e400",
            "1e-400",
            "5e-324",
            "2.4e-324",
            "1e99999999999",
            "0e99999999999",
            "9007199254740991",
            "9007199254740992",
            "-9007199254740993",
            "9007199254740993.0",
            "18446744073709551615",
            "18446744073709551616.5",
            "12345678901234567890123",
            "0.00000000000000000000000000000123",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "2.2250738585072011e-308",
            "NaN",
            "Infinity",
            "-Infinity",
            "INF",
            "null",
            "true",
            "false",
            "\"1\"",
            "\"a\"",
            "{}",
            "1x",
            "1 2",
            "0x10",
            "1_0",
            "١",
            "'1'",
            "//",
            "1/**/",
            "\u0000",
            "",
            " ",
            "0." + "0".repeat(600) + "1",
            "1" + "0".repeat(600) + ".5",
            "1".repeat(1001) + ".5",
            "1." + "1".repeat(600));
    private static final List<String> BLANKS =
            List.of("", "", "", "", " ", "\t", "\n", "\r\n", "\r", "  \t", "\u00a0", "\f");

    @Test
    void decimals_become_the_nearest_float64() {
        Random random = new Random(1);
        for (int i = 0; i < 2_000_000; i++) {
            long digits = random.nextLong() >>> random.nextInt(64);
            // The largest of 19 digits is below 2^64, and above 2^63.
            if (Long.compareUnsigned(digits, -8_446_744_073_709_551_617L) > 0) digits >>>= 1;
            int exponent = random.nextInt(Decimals.LEAST_EXPONENT, Decimals.MOST_EXPONENT + 1);
            double expected = Double.parseDouble(Long.toUnsignedString(digits) + "e" + exponent);
            assertSame(Decimals.nearest(digits, exponent), expected, digits + "e" + exponent);
        }
    }

    @Test
    void decimals_half_way_between_two_float64_become_the_even_one() {
        Random random = new Random(2);
        int checked = 0;
        while (checked < 100_000) {
            double low = Double.longBitsToDouble(random.nextLong(0x3000000000000000L, 0x5000000000000000L));
            if (random.nextBoolean()) low = random.nextLong(1L << 53, 1L << 60);
            if (random.nextInt(4) == 0) low = (double) random.nextLong(1L << 53) / (1L << random.nextInt(12));
            BigDecimal half = new BigDecimal(low)
                    .add(new BigDecimal(Math.nextUp(low)))
                    .divide(BigDecimal.TWO)
                    .stripTrailingZeros();
            if (half.precision() > 18 || -half.scale() < -20 || -half.scale() > 50) {
                // Too long to be exactly half-way; its beginning is as near as can be.
                half = half.round(new java.math.MathContext(19, java.math.RoundingMode.DOWN));
                if (-half.scale() < Decimals.LEAST_EXPONENT || -half.scale() > Decimals.MOST_EXPONENT) continue;
            }
            for (int step = -1; step <= 1; step++) {
                long digits = half.unscaledValue().longValue() + step;
                if (digits <= 0) continue;
                int exponent = -half.scale();
                assertSame(
                        Decimals.nearest(digits, exponent),
                        Double.parseDouble(digits + "e" + exponent),
                        digits + "e" + exponent);
            }
            checked++;
        }
    }

    @Test
    void every_float64_is_read_back_from_its_text() {
        Random random = new Random(3);
        for (int i = 0; i < 3_000; i++) {
            double[] values = new double[100];
            for (int j = 0; j < values.length; j++) {
                values[j] = switch (random.nextInt(4)) {
                    case 0 -> random.nextGaussian();
                    case 1 -> (float) random.nextGaussian();
                    case 2 -> Math.rint(random.nextGaussian() * 1e6) / 1e6;
                    default -> finite(random);
                };
            }
            String body = tensor("[100]", Arrays.toString(values));
            assertThat(OipRequest.read(bytes(body), -1)
                            .frame()
                            .columns()
                            .getFirst()
                            .numbers())
                    .containsExactly(values);
        }
    }

    private static double finite(Random random) {
        double value = Double.longBitsToDouble(random.nextLong());
        return Double.isFinite(value) ? value : 0.5;
    }

    @Test
    void every_token_alone_is_taken_or_refused_as_by_jackson() {
        for (String token : TOKENS) {
            for (String data :
                    List.of("[" + token + "]", "[1," + token + "]", "[" + token + ",1.5]", "[[" + token + "]]")) {
                sameForAllFormats(data);
            }
        }
    }

    @Test
    void arrays_of_any_make_are_taken_or_refused_as_by_jackson() {
        Random random = new Random(4);
        int taken = 0;
        for (int i = 0; i < 60_000; i++) if (sameForAllFormats(array(random, random.nextInt(4)))) taken++;
        // Else only refusals would have been compared.
        assertThat(taken).isBetween(5_000, 55_000);
    }

    @Test
    void damaged_bodies_are_taken_or_refused_as_by_jackson() {
        Random random = new Random(5);
        for (int i = 0; i < 60_000; i++) {
            byte[] body = bytes(tensor("[2, 2]", "[[1.5, -2e3],[0.25, " + random.nextInt() + "]]"));
            int damages = 1 + random.nextInt(2);
            for (int j = 0; j < damages; j++) {
                String any = "[]{},.-+eE0123456789 \n\"";
                body[1 + random.nextInt(body.length - 1)] = (byte) any.charAt(random.nextInt(any.length()));
            }
            String text = new String(body, StandardCharsets.ISO_8859_1);
            if (text.charAt(1) != 0)
                same(text, () -> OipRequest.read(bytes(text), -1).frame(), marked(text));
        }
    }

    @Test
    void arrays_as_deep_as_jackson_takes_and_deeper() {
        for (int depth : new int[] {1, 2, 49, 50, 51, 52, 400, 495, 496, 497, 498, 499, 500, 501, 2_000}) {
            sameForAllFormats("[".repeat(depth) + "1.5" + "]".repeat(depth));
        }
    }

    /// Mostly numbers, mostly of one width: else next to nothing would be taken.
    private static String array(Random random, int damage) {
        int rows = random.nextInt(4);
        int width = 1 + random.nextInt(3);
        boolean nested = random.nextInt(4) > 0;
        StringBuilder text = new StringBuilder("[").append(blank(random));
        for (int i = 0; i < rows; i++) {
            if (i > 0) text.append(',').append(blank(random));
            if (nested) text.append('[');
            for (int j = 0; j < (nested ? width : 1); j++) {
                if (j > 0) text.append(blank(random)).append(',').append(blank(random));
                boolean any = damage == 1 && random.nextInt(6) == 0;
                text.append(any ? TOKENS.get(random.nextInt(TOKENS.size())) : number(random));
            }
            if (nested) text.append(blank(random)).append(']').append(blank(random));
        }
        text.append(']');
        if (damage == 2) text.deleteCharAt(random.nextInt(text.length()));
        if (damage == 3 && random.nextInt(3) == 0)
            text.insert(random.nextInt(text.length()), ",][ -.e".charAt(random.nextInt(7)));
        return text.toString();
    }

    private static String blank(Random random) {
        return random.nextInt(4) > 0 ? "" : BLANKS.get(random.nextInt(BLANKS.size() - (random.nextInt(9) > 0 ? 2 : 0)));
    }

    private static String number(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> String.valueOf(random.nextInt(-100, 100));
            case 1 -> String.valueOf(finite(random));
            case 2 -> String.valueOf(random.nextLong() >> random.nextInt(64));
            case 3 -> random.nextLong(1L << 40) + "." + Long.toUnsignedString(random.nextLong() >>> random.nextInt(60));
            case 4 -> random.nextInt(1000) + "e" + random.nextInt(-30, 60);
            default -> String.valueOf(random.nextGaussian());
        };
    }

    private static String tensor(String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP64\",\"data\":" + data + ",\"shape\":" + shape
                + "}],\"id\":\"7\"}";
    }

    /// @return whether one of them was taken
    private static boolean sameForAllFormats(String data) {
        boolean taken = false;
        for (int count : new int[] {1, 2, 4}) {
            String body = tensor("[" + count + "]", data);
            taken |= same(body, () -> OipRequest.read(bytes(body), -1).frame(), marked(body));
        }
        for (String form : List.of(
                "{\"dataframe_split\":{\"data\":%s,\"columns\":[]}}",
                "{\"instances\":%s}", "{\"inputs\":%s}", "{\"inputs\":{\"a\":%s}, \"b\":1}")) {
            String body = form.formatted(data);
            String plain = MARK + body;
            taken |= same(
                    body,
                    () -> ScoringRequest.json(bytes(body)).rows(),
                    () -> ScoringRequest.json(bytes(plain)).rows());
        }
        return taken;
    }

    private static Supplier<Frame> marked(String body) {
        return () -> OipRequest.read(bytes(MARK + body), -1).frame();
    }

    private static boolean same(String body, Supplier<Frame> ours, Supplier<Frame> jackson) {
        String expected = told(jackson);
        assertThat(told(ours)).as(body).isEqualTo(expected);
        return expected.startsWith("rows");
    }

    private static String told(Supplier<Frame> reader) {
        Frame frame;
        try {
            frame = reader.get();
        } catch (Failure failure) {
            // The mark is a column more.
            return failure.code() + " " + failure.getMessage().replaceAll("column \\d+:", "column:");
        }
        StringBuilder text = new StringBuilder("rows ").append(frame.rows());
        for (Column column : frame.columns()) {
            text.append(' ')
                    .append(column.name())
                    .append(' ')
                    .append(column.type())
                    .append(' ')
                    .append(column.width());
            for (double number : column.numbers()) text.append(' ').append(Double.doubleToRawLongBits(number));
            text.append(Arrays.toString(column.texts()));
        }
        return text.toString();
    }

    private static void assertSame(double got, double expected, String text) {
        if (Double.doubleToRawLongBits(got) != Double.doubleToRawLongBits(expected)) {
            assertThat(got).as(text).isEqualTo(expected);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

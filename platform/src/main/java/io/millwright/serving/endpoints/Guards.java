package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a canary must keep to: `errors<0.1%, p99<20ms, disagreement<3%, shift<0.1`.
///
/// @param limits what is measured must stay below them: shares from 0 to 1, and milliseconds
public record Guards(Map<Measure, Double> limits) {
    private static final Pattern ONE = Pattern.compile("([a-z0-9]+)\\s*<\\s*(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%|ms|s)?");

    public enum Measure {
        /// Requests that it failed, or refused while the champion answered them, of all it was asked.
        ERRORS,
        /// Milliseconds within which it answers 99 of 100 requests.
        P99,
        /// Rows that it answered otherwise than the champion, of those both were asked.
        DISAGREEMENT,
        /// How far the distribution of its answers lies from the champion's on the same rows: the largest difference of
        /// their cumulative shares for numbers (Kolmogorov-Smirnov), the total variation distance for classes.
        SHIFT;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Guards {
        limits = limits.isEmpty() ? Map.of() : Map.copyOf(new EnumMap<>(limits));
    }

    public Optional<Double> limit(Measure measure) {
        return Optional.ofNullable(limits.get(measure));
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT
    public static Guards parse(String text) {
        Map<Measure, Double> limits = new EnumMap<>(Measure.class);
        if (text.isBlank()) return new Guards(limits);
        for (String each : text.split(",")) {
            Matcher one = ONE.matcher(each.strip());
            if (!one.matches()) throw wrong(each);
            Measure measure = null;
            for (Measure known : Measure.values()) if (known.word().equals(one.group(1))) measure = known;
            String unit = one.group(3) == null ? "" : one.group(3);
            boolean time = unit.equals("ms") || unit.equals("s");
            if (measure == null || time != (measure == Measure.P99)) throw wrong(each);
            double number = Double.parseDouble(one.group(2));
            double limit = unit.equals("%") ? number / 100 : unit.equals("s") ? number * 1000 : number;
            if (measure != Measure.P99 && limit > 1) throw wrong(each);
            if (limits.put(measure, limit) != null)
                throw INVALID_ARGUMENT.because("'%s' is guarded twice.", measure.word());
        }
        return new Guards(limits);
    }

    private static RuntimeException wrong(String guard) {
        return INVALID_ARGUMENT.because(
                "'%s' is no guard, expected some of errors<0.1%%, p99<20ms, disagreement<3%%, shift<0.1.",
                guard.strip());
    }

    /// As [#parse] takes it.
    @Override
    public String toString() {
        List<String> all = new ArrayList<>();
        for (Measure measure : Measure.values()) {
            limit(measure)
                    .ifPresent(limit ->
                            all.add(measure.word() + "<" + plain(limit) + (measure == Measure.P99 ? "ms" : "")));
        }
        return String.join(", ", all);
    }

    private static String plain(double number) {
        return new java.math.BigDecimal(Double.toString(number))
                .stripTrailingZeros()
                .toPlainString();
    }
}

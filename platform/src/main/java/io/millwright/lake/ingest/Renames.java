package io.millwright.lake.ingest;

import io.millwright.kernel.Nearest;
import io.millwright.lake.ingest.Mapping.Incoming;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/// Finds missing and added columns that look like the same one under another name: by their names,
/// their places and
/// what values they have.
final class Renames {
    private static final double LIKELY = 0.5;
    /// More columns than these are another file, not a renamed column.
    private static final int MOST = 30;

    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d{1,30}(\\.\\d{1,30})?");

    private Renames() {}

    /// @param tableValues some values of a column of the table, as texts; empty when they cannot be had
    /// @param fileValues the same of the file's
    static List<SchemaDiff.Rename> find(
            SchemaDiff diff,
            Schema table,
            Function<Types.NestedField, List<String>> tableValues,
            Function<Incoming, List<String>> fileValues) {
        List<SchemaDiff.Rename> all = new ArrayList<>();
        List<Incoming> added = diff.added().stream()
                .filter(column -> !column.isMapped())
                .limit(MOST)
                .toList();
        if (added.isEmpty()) return List.of();
        List<Values> news = added.stream()
                .map(column -> Values.of(fileValues.apply(column)))
                .toList();
        for (Types.NestedField field : diff.missing().stream().limit(MOST).toList()) {
            Values old = Values.of(tableValues.apply(field));
            for (int i = 0; i < added.size(); i++) {
                int apart =
                        Math.abs(table.columns().indexOf(field) - added.get(i).position());
                all.add(judge(field.name(), added.get(i).name(), apart, old.overlap(news.get(i))));
            }
        }
        all.sort(Comparator.comparingDouble(SchemaDiff.Rename::likelihood).reversed());
        Set<String> taken = new HashSet<>();
        return all.stream()
                .filter(pair -> pair.likelihood() >= LIKELY)
                .filter(pair -> !taken.contains("t" + pair.table()) && !taken.contains("f" + pair.file()))
                .peek(pair -> taken.addAll(List.of("t" + pair.table(), "f" + pair.file())))
                .toList();
    }

    private static SchemaDiff.Rename judge(String table, String file, int apart, double overlap) {
        double names = likeness(table.toLowerCase(Locale.ROOT), file.toLowerCase(Locale.ROOT));
        double place = Math.max(0, 1 - apart / 5.0);
        List<String> why = new ArrayList<>();
        if (names >= 0.5) why.add("like names");
        if (apart == 0) why.add("same place");
        if (overlap >= 0) why.add("%d %% of values in common".formatted(Math.round(overlap * 100)));
        double likelihood = overlap < 0 ? 0.7 * names + 0.3 * place : 0.45 * names + 0.2 * place + 0.35 * overlap;
        return new SchemaDiff.Rename(table, file, likelihood, why);
    }

    private static double likeness(String one, String other) {
        if (one.contains(other) || other.contains(one)) return 0.8;
        return 1 - (double) Nearest.distance(one, other) / Math.max(one.length(), other.length());
    }

    /// @param low of all numbers, if all are
    private record Values(Set<String> texts, boolean isNumeric, double low, double high) {
        static Values of(List<String> raw) {
            Set<String> texts = new HashSet<>();
            boolean numeric = !raw.isEmpty();
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (String text : raw) {
                if (!NUMBER.matcher(text).matches()) {
                    numeric = false;
                    texts.add(text);
                    continue;
                }
                // 01001 and 1001.0 are the same number.
                BigDecimal number = new BigDecimal(text).stripTrailingZeros();
                texts.add(number.toPlainString());
                low = Math.min(low, number.doubleValue());
                high = Math.max(high, number.doubleValue());
            }
            return new Values(texts, numeric, low, high);
        }

        /// The share of values in common or, of numbers, of the range if that is larger; -1 when
        /// it is not known.
        double overlap(Values other) {
            if (texts.isEmpty() || other.texts.isEmpty()) return -1;
            long common = texts.stream().filter(other.texts::contains).count();
            double share = (double) common / Math.min(texts.size(), other.texts.size());
            if (!isNumeric || !other.isNumeric) return share;
            double all = Math.max(high, other.high) - Math.min(low, other.low);
            double both = Math.min(high, other.high) - Math.max(low, other.low);
            return Math.max(share, all <= 0 ? 0 : Math.max(0, both / all));
        }
    }
}

package io.millwright.serving.live;

import io.millwright.runtime.FieldType;
import io.millwright.serving.predict.Column;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// How often which answer was given: classes by their name, numbers in classes 2 % wide. What two have counted can be
/// added up, and compared.
final class Distribution {
    private static final double LOG_WIDTH = Math.log(1.02);
    private static final int MIDDLE = 1 << 16;
    private static final int MOST_CLASSES = 200;
    private static final String OTHERS = "…";

    private final Map<String, Long> classes = new TreeMap<>();
    private final Map<Integer, Long> numbers = new TreeMap<>();

    /// Whether the values of a column are classes and not amounts.
    static boolean areClasses(Column column) {
        return column.isText()
                || column.type() == FieldType.INT64
                || column.type() == FieldType.INT32
                || column.type() == FieldType.BOOLEAN;
    }

    /// The name of a class.
    static String name(Column column, int at) {
        if (column.isText()) return String.valueOf(column.texts()[at]);
        double number = column.numbers()[at];
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? String.valueOf((long) number)
                : String.valueOf(number);
    }

    void add(Column column, int at) {
        if (areClasses(column)) add(name(column, at), 1);
        else add(place(column.numbers()[at]), 1);
    }

    void add(String name, long count) {
        classes.merge(classes.size() < MOST_CLASSES || classes.containsKey(name) ? name : OTHERS, count, Long::sum);
    }

    void add(int place, long count) {
        numbers.merge(place, count, Long::sum);
    }

    private static int place(double number) {
        if (Double.isNaN(number)) return Integer.MAX_VALUE;
        double size = Math.abs(number);
        if (size < 1e-300) return 0;
        int log = (int) Math.floor(Math.log(Math.min(size, 1e300)) / LOG_WIDTH);
        return number > 0 ? MIDDLE + log : -MIDDLE - log;
    }

    Map<String, Long> classes() {
        return classes;
    }

    Map<Integer, Long> numbers() {
        return numbers;
    }

    /// 0 when both are alike, 1 when they have nothing in common.
    static double distance(Distribution one, Distribution other) {
        return Math.max(variation(one.classes, other.classes), cumulative(one.numbers, other.numbers));
    }

    private static <K> double total(Map<K, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static double variation(Map<String, Long> one, Map<String, Long> other) {
        double all = total(one);
        double allOther = total(other);
        if (all == 0 || allOther == 0) return 0;
        TreeSet<String> names = new TreeSet<>(one.keySet());
        names.addAll(other.keySet());
        double sum = 0;
        for (String name : names) {
            sum += Math.abs(one.getOrDefault(name, 0L) / all - other.getOrDefault(name, 0L) / allOther);
        }
        return sum / 2;
    }

    private static double cumulative(Map<Integer, Long> one, Map<Integer, Long> other) {
        double all = total(one);
        double allOther = total(other);
        if (all == 0 || allOther == 0) return 0;
        TreeSet<Integer> places = new TreeSet<>(one.keySet());
        places.addAll(other.keySet());
        double below = 0;
        double belowOther = 0;
        double largest = 0;
        for (int place : places) {
            below += one.getOrDefault(place, 0L) / all;
            belowOther += other.getOrDefault(place, 0L) / allOther;
            largest = Math.max(largest, Math.abs(below - belowOther));
        }
        return largest;
    }
}

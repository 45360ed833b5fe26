package io.millwright.lake.profiles;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How columns of numbers move together, in a sample of the rows; merges by adding sums.
final class Correlations {
    static final int MOST_COLUMNS = 40;

    /// Sums over the rows where both have a value.
    private record Pair(int a, int b) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair other) {
            return a != other.a ? Integer.compare(a, other.a) : Integer.compare(b, other.b);
        }
    }

    private final Map<Pair, double[]> sums = new TreeMap<>();
    private long rows;

    /// One correlation; of `n` rows of the sample.
    record Correlation(int a, int b, double r, long n) {}

    /// @param fields ids of the columns, ascending
    /// @param values of one row; NaN where there is none
    void add(int[] fields, double[] values) {
        rows++;
        for (int i = 0; i < fields.length; i++) {
            if (Double.isNaN(values[i])) continue;
            for (int j = i + 1; j < fields.length; j++) {
                if (Double.isNaN(values[j])) continue;
                double[] s = sums.computeIfAbsent(new Pair(fields[i], fields[j]), pair -> new double[6]);
                s[0]++;
                s[1] += values[i];
                s[2] += values[j];
                s[3] += values[i] * values[i];
                s[4] += values[j] * values[j];
                s[5] += values[i] * values[j];
            }
        }
    }

    void merge(Correlations other) {
        rows += other.rows;
        other.sums.forEach((pair, more) -> {
            double[] s = sums.computeIfAbsent(pair, one -> new double[6]);
            for (int i = 0; i < s.length; i++) s[i] += more[i];
        });
    }

    /// How many rows were looked at.
    long rows() {
        return rows;
    }

    /// Those of at least ten rows, the strongest first.
    List<Correlation> strongest(int most) {
        List<Correlation> all = new ArrayList<>();
        sums.forEach((pair, s) -> {
            double n = s[0];
            double x = s[3] - s[1] * s[1] / n;
            double y = s[4] - s[2] * s[2] / n;
            if (n < 10 || !(x > 1e-12 * s[3]) || !(y > 1e-12 * s[4])) return;
            double r = (s[5] - s[1] * s[2] / n) / Math.sqrt(x * y);
            if (Double.isFinite(r)) all.add(new Correlation(pair.a(), pair.b(), Math.clamp(r, -1, 1), (long) n));
        });
        all.sort((a, b) -> Double.compare(Math.abs(b.r()), Math.abs(a.r())));
        return all.subList(0, Math.min(most, all.size()));
    }

    void write(DataOutputStream out) throws IOException {
        out.writeLong(rows);
        out.writeInt(sums.size());
        for (Map.Entry<Pair, double[]> entry : sums.entrySet()) {
            out.writeInt(entry.getKey().a());
            out.writeInt(entry.getKey().b());
            for (double sum : entry.getValue()) out.writeDouble(sum);
        }
    }

    static Correlations read(DataInputStream in) throws IOException {
        Correlations read = new Correlations();
        read.rows = in.readLong();
        for (int left = in.readInt(); left > 0; left--) {
            Pair pair = new Pair(in.readInt(), in.readInt());
            double[] s = new double[6];
            for (int i = 0; i < s.length; i++) s[i] = in.readDouble();
            read.sums.put(pair, s);
        }
        return read;
    }
}

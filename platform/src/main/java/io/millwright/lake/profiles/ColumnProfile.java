package io.millwright.lake.profiles;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.datasketches.common.ArrayOfStringsSerDe;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.FrequentItemsSketch;
import org.apache.datasketches.frequencies.FrequentLongsSketch;
import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.hll.HllUnion;
import org.apache.datasketches.hll.TgtHllType;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.jspecify.annotations.Nullable;

/// What one column holds, in constant space. Those of parts merge into the one of the whole: counts, extremes, mean and
/// deviation exactly, the rest within the bounds of its sketches.
final class ColumnProfile {
    /// Rank error of quantiles: about 0.7 %.
    private static final int QUANTILES = 400;
    /// Error of distinct counts: about 1.6 % (one standard deviation).
    private static final int DISTINCT = 12;
    private static final int FREQUENT = 1024;
    private static final int LONGEST = 200;
    /// Of each file so many texts are looked at for what they could be.
    private static final int HINTED = 2_000;

    private final ColumnKind kind;
    private long count;
    private long nulls;
    private long nans;
    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    private double mean;
    private double m2;
    private @Nullable String first;
    private @Nullable String last;
    /// Of numbers, and of the lengths of texts.
    private KllDoublesSketch quantiles = KllDoublesSketch.newHeapInstance(QUANTILES);
    private HllSketch distinct = new HllSketch(DISTINCT, TgtHllType.HLL_8);
    private final FrequentLongsSketch frequentNumbers = new FrequentLongsSketch(FREQUENT);
    private final FrequentItemsSketch<String> frequentTexts = new FrequentItemsSketch<>(FREQUENT);
    private final Map<String, Long> hints = new TreeMap<>();
    private long hinted;

    ColumnProfile(ColumnKind kind) {
        this.kind = kind;
    }

    ColumnKind kind() {
        return kind;
    }

    void addNulls(long more) {
        nulls += more;
    }

    void add(double value) {
        if (kind == ColumnKind.OTHER) {
            count++;
            return;
        }
        if (Double.isNaN(value)) {
            nans++;
            count++;
            return;
        }
        double plain = value == 0 ? 0 : value; // One zero.
        measure(plain);
        distinct.update(plain);
        frequentNumbers.update(Double.doubleToLongBits(plain));
    }

    private void measure(double value) {
        count++;
        long n = count - nans;
        if (value < min) min = value;
        if (value > max) max = value;
        double delta = value - mean;
        mean += delta / n;
        m2 += delta * (value - mean);
        quantiles.update(value);
    }

    void add(byte[] text) {
        distinct.update(text);
        String value = new String(text, StandardCharsets.UTF_8);
        int length = value.codePointCount(0, value.length());
        measure(length);
        String cut = length > LONGEST ? value.substring(0, value.offsetByCodePoints(0, LONGEST)) : value;
        String low = first;
        String high = last;
        if (low == null || cut.compareTo(low) < 0) first = cut;
        if (high == null || cut.compareTo(high) > 0) last = cut;
        frequentTexts.update(cut);
        if (hinted < HINTED) {
            hinted++;
            TextHints.of(value).ifPresent(hint -> hints.merge(hint, 1L, Long::sum));
        }
    }

    /// Takes another part in. Of another kind it is only counted.
    void merge(ColumnProfile other) {
        long n = count - nans;
        long m = other.count - other.nans;
        nulls += other.nulls;
        if (kind != other.kind) {
            count += other.count;
            return;
        }
        count += other.count;
        nans += other.nans;
        if (m > 0) {
            double delta = other.mean - mean;
            mean = (n * mean + m * other.mean) / (n + m);
            m2 += other.m2 + delta * delta * n * m / (n + m);
            min = Math.min(min, other.min);
            max = Math.max(max, other.max);
            quantiles.merge(other.quantiles);
        }
        HllUnion union = new HllUnion(DISTINCT);
        union.update(distinct);
        union.update(other.distinct);
        distinct = union.getResult(TgtHllType.HLL_8);
        frequentNumbers.merge(other.frequentNumbers);
        frequentTexts.merge(other.frequentTexts);
        if (other.first != null && (first == null || other.first.compareTo(first) < 0)) first = other.first;
        if (other.last != null && (last == null || other.last.compareTo(last) > 0)) last = other.last;
        other.hints.forEach((hint, times) -> hints.merge(hint, times, Long::sum));
        hinted += other.hinted;
    }

    /// How many values there are.
    long count() {
        return count;
    }

    long nulls() {
        return nulls;
    }

    long nans() {
        return nans;
    }

    /// How many numbers, or texts.
    long measured() {
        return count - nans;
    }

    double min() {
        return min;
    }

    double max() {
        return max;
    }

    double mean() {
        return mean;
    }

    /// Of the values as a sample.
    double deviation() {
        long n = measured();
        return n < 2 ? 0 : Math.sqrt(Math.max(0, m2) / (n - 1));
    }

    @Nullable
    String first() {
        return first;
    }

    @Nullable
    String last() {
        return last;
    }

    KllDoublesSketch quantiles() {
        return quantiles;
    }

    HllSketch distinct() {
        return distinct;
    }

    Map<String, Long> hints() {
        return hints;
    }

    long hinted() {
        return hinted;
    }

    /// A value that occurs often.
    ///
    /// @param value a number as [ColumnKind#shown], or a text
    record Frequent(Object value, long estimate, long least, long most) {}

    /// Those that surely occur more often than anything that was dropped, the most frequent first.
    java.util.List<Frequent> frequent(int most) {
        java.util.List<Frequent> all = new java.util.ArrayList<>();
        if (kind.isNumeric()) {
            for (FrequentLongsSketch.Row row : frequentNumbers.getFrequentItems(ErrorType.NO_FALSE_POSITIVES)) {
                Object value = kind.shown(Double.longBitsToDouble(row.getItem()));
                all.add(new Frequent(value, row.getEstimate(), row.getLowerBound(), row.getUpperBound()));
                if (all.size() == most) break;
            }
        } else if (kind == ColumnKind.TEXT) {
            for (FrequentItemsSketch.Row<String> row : frequentTexts.getFrequentItems(ErrorType.NO_FALSE_POSITIVES)) {
                all.add(new Frequent(row.getItem(), row.getEstimate(), row.getLowerBound(), row.getUpperBound()));
                if (all.size() == most) break;
            }
        }
        return all;
    }

    /// Whether the frequent values are all there are, each counted exactly.
    boolean knowsAllValues() {
        return kind.isNumeric() ? frequentNumbers.getMaximumError() == 0 : frequentTexts.getMaximumError() == 0;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeByte(kind.ordinal());
        out.writeLong(count);
        out.writeLong(nulls);
        out.writeLong(nans);
        out.writeDouble(min);
        out.writeDouble(max);
        out.writeDouble(mean);
        out.writeDouble(m2);
        text(out, first);
        text(out, last);
        bytes(out, quantiles.toByteArray());
        bytes(out, distinct.toCompactByteArray());
        bytes(out, frequentNumbers.toByteArray());
        bytes(out, frequentTexts.toByteArray(new ArrayOfStringsSerDe()));
        out.writeLong(hinted);
        out.writeInt(hints.size());
        for (Map.Entry<String, Long> hint : hints.entrySet()) {
            out.writeUTF(hint.getKey());
            out.writeLong(hint.getValue());
        }
    }

    private static void text(DataOutputStream out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) bytes(out, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static ColumnProfile read(DataInputStream in) throws IOException {
        ColumnProfile profile = new ColumnProfile(ColumnKind.values()[in.readByte()]);
        profile.count = in.readLong();
        profile.nulls = in.readLong();
        profile.nans = in.readLong();
        profile.min = in.readDouble();
        profile.max = in.readDouble();
        profile.mean = in.readDouble();
        profile.m2 = in.readDouble();
        profile.first = text(in);
        profile.last = text(in);
        profile.quantiles = KllDoublesSketch.heapify(memory(in));
        profile.distinct = HllSketch.heapify(memory(in));
        profile.frequentNumbers.merge(FrequentLongsSketch.getInstance(memory(in)));
        profile.frequentTexts.merge(FrequentItemsSketch.getInstance(memory(in), new ArrayOfStringsSerDe()));
        profile.hinted = in.readLong();
        for (int left = in.readInt(); left > 0; left--) profile.hints.put(in.readUTF(), in.readLong());
        return profile;
    }

    private static @Nullable String text(DataInputStream in) throws IOException {
        return in.readBoolean() ? new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8) : null;
    }

    private static java.lang.foreign.MemorySegment memory(DataInputStream in) throws IOException {
        return java.lang.foreign.MemorySegment.ofArray(in.readNBytes(in.readInt()));
    }
}

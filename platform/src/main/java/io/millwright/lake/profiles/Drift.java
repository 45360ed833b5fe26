package io.millwright.lake.profiles;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.apache.datasketches.kll.KllDoublesSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;

/// How far the values of a column moved from one version to another.
///
/// @param psi population stability index: above 0.1 a change is worth a look, above 0.25 it is a large one
/// @param ks the largest distance between the two distributions, 0 to 1; of numbers only
/// @param appeared values, of texts and of codes, that are frequent now and were not there at all, when all of those
/// before are known
/// @param gone the reverse
record Drift(
        OptionalDouble psi,
        OptionalDouble ks,
        double nullShareBefore,
        double nullShareAfter,
        List<Object> appeared,
        List<Object> gone) {
    private static final int BINS = 10;
    private static final int POINTS = 200;
    private static final int LISTED = 20;
    /// So that an empty bin does not make the index infinite.
    private static final double LEAST = 1e-4;

    static Optional<Drift> of(ColumnProfile before, ColumnProfile after) {
        if (before.kind() != after.kind()) return Optional.empty();
        boolean any = before.measured() > 0 && after.measured() > 0;
        boolean numeric = before.kind().isNumeric();
        OptionalDouble psi = OptionalDouble.empty();
        OptionalDouble ks = OptionalDouble.empty();
        boolean categories = !numeric || isFew(before) && isFew(after);
        if (any && categories) {
            psi = ofValues(before, after);
        } else if (any && numeric) {
            psi = ofBins(before.quantiles(), after.quantiles());
        }
        if (any && numeric) ks = OptionalDouble.of(distance(before.quantiles(), after.quantiles()));
        return Optional.of(new Drift(
                psi,
                ks,
                nullShare(before),
                nullShare(after),
                categories ? only(after, before) : List.of(),
                categories ? only(before, after) : List.of()));
    }

    /// Numbers that are codes rather than measures.
    private static boolean isFew(ColumnProfile column) {
        return column.knowsAllValues() && column.frequent(LISTED + 1).size() <= LISTED;
    }

    private static double nullShare(ColumnProfile column) {
        long all = column.count() + column.nulls();
        return all == 0 ? 0 : (double) column.nulls() / all;
    }

    private static OptionalDouble ofBins(KllDoublesSketch before, KllDoublesSketch after) {
        double[] ranks = new double[BINS - 1];
        for (int i = 0; i < ranks.length; i++) ranks[i] = (i + 1) / (double) BINS;
        double[] edges = distinct(before.getQuantiles(ranks, QuantileSearchCriteria.INCLUSIVE));
        double[] p = before.getPMF(edges, QuantileSearchCriteria.INCLUSIVE);
        double[] q = after.getPMF(edges, QuantileSearchCriteria.INCLUSIVE);
        double psi = 0;
        for (int i = 0; i < p.length; i++) psi += term(p[i], q[i]);
        return OptionalDouble.of(psi);
    }

    private static double[] distinct(double[] ascending) {
        return java.util.Arrays.stream(ascending).distinct().toArray();
    }

    private static OptionalDouble ofValues(ColumnProfile before, ColumnProfile after) {
        Map<Object, Double> p = shares(before);
        Map<Object, Double> q = shares(after);
        Set<Object> listed = new HashSet<>();
        for (ColumnProfile.Frequent one : before.frequent(LISTED)) listed.add(one.value());
        for (ColumnProfile.Frequent one : after.frequent(LISTED)) listed.add(one.value());
        double psi = 0;
        double restBefore = 1;
        double restAfter = 1;
        for (Object value : listed) {
            double was = p.getOrDefault(value, 0.0);
            double is = q.getOrDefault(value, 0.0);
            psi += term(was, is);
            restBefore -= was;
            restAfter -= is;
        }
        return OptionalDouble.of(psi + term(Math.max(0, restBefore), Math.max(0, restAfter)));
    }

    /// Of all values that are known, also those that only the other side lists.
    private static Map<Object, Double> shares(ColumnProfile of) {
        Map<Object, Double> shares = new HashMap<>();
        for (ColumnProfile.Frequent one : of.frequent(Integer.MAX_VALUE)) {
            shares.put(one.value(), Math.min(1, (double) one.estimate() / of.measured()));
        }
        return shares;
    }

    private static double term(double p, double q) {
        double before = Math.max(p, LEAST);
        double after = Math.max(q, LEAST);
        return (after - before) * Math.log(after / before);
    }

    private static double distance(KllDoublesSketch before, KllDoublesSketch after) {
        double largest = 0;
        for (KllDoublesSketch sketch : List.of(before, after)) {
            double[] ranks = new double[POINTS];
            for (int i = 0; i < POINTS; i++) ranks[i] = i / (POINTS - 1.0);
            double[] points = distinct(sketch.getQuantiles(ranks, QuantileSearchCriteria.INCLUSIVE));
            double[] a = before.getCDF(points, QuantileSearchCriteria.INCLUSIVE);
            double[] b = after.getCDF(points, QuantileSearchCriteria.INCLUSIVE);
            for (int i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    /// Values of one that the other, whose values are all known, does not have.
    private static List<Object> only(ColumnProfile one, ColumnProfile other) {
        if (!other.knowsAllValues()) return List.of();
        Set<Object> known = new HashSet<>();
        for (ColumnProfile.Frequent value : other.frequent(Integer.MAX_VALUE)) known.add(value.value());
        List<Object> all = new ArrayList<>();
        for (ColumnProfile.Frequent value : one.frequent(Integer.MAX_VALUE)) {
            if (!known.contains(value.value())) all.add(value.value());
            if (all.size() == LISTED) break;
        }
        return all;
    }
}

package io.millwright.serving.live;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// How a variant's answers compare with the champion's to the same rows. Of each answer the first column counts: what
/// the
/// model's `predict` answers.
public final class Agreement {
    private static final int MOST_PAIRS = 2_500;

    private final ReentrantLock lock = new ReentrantLock(); // Guards all below.
    private final Distribution champion = new Distribution();
    private final Distribution other = new Distribution();
    private final Map<Pair, Long> pairs = new HashMap<>();
    private long compared;
    private long disagreed;
    private double difference;
    private double largest;

    /// Two classes that were answered to one row.
    public record Pair(String champion, String other) {}

    /// @param compared rows that both were asked
    /// @param disagreed of these
    /// @param difference mean of what numbers differ by
    /// @param pairs how often which classes met
    public record Told(
            long compared,
            long disagreed,
            double difference,
            double largest,
            double shift,
            List<Map.Entry<Pair, Long>> pairs) {
        public Told {
            pairs = List.copyOf(pairs);
        }
    }

    /// @param tolerance numbers agree when they differ by no more than this share of the larger
    void add(Frame championAnswer, Frame otherAnswer, double tolerance) {
        Column mine = championAnswer.columns().getFirst();
        Column theirs = otherAnswer.columns().getFirst();
        lock.lock();
        try {
            if (mine.width() != theirs.width() || championAnswer.rows() != otherAnswer.rows()) {
                compared += championAnswer.rows();
                disagreed += championAnswer.rows();
                return;
            }
            for (int row = 0; row < championAnswer.rows(); row++) add(mine, theirs, row, tolerance);
        } finally {
            lock.unlock();
        }
    }

    private void add(Column mine, Column theirs, int row, double tolerance) {
        compared++;
        boolean agree = true;
        for (int at = row * mine.width(); at < (row + 1) * mine.width(); at++) {
            champion.add(mine, at);
            other.add(theirs, at);
            if (Distribution.areClasses(mine) || Distribution.areClasses(theirs)) {
                String name = Distribution.name(mine, at);
                String otherName = Distribution.name(theirs, at);
                agree &= name.equals(otherName);
                Pair pair = new Pair(name, otherName);
                if (pairs.size() < MOST_PAIRS || pairs.containsKey(pair)) pairs.merge(pair, 1L, Long::sum);
                continue;
            }
            double a = mine.numbers()[at];
            double b = theirs.numbers()[at];
            if (Double.isNaN(a) || Double.isNaN(b)) {
                agree &= Double.isNaN(a) && Double.isNaN(b);
                continue;
            }
            double apart = a == b ? 0 : Math.abs(a - b);
            agree &= apart <= tolerance * Math.max(Math.abs(a), Math.abs(b));
            difference += apart / mine.width();
            largest = Math.max(largest, apart);
        }
        if (!agree) disagreed++;
    }

    /// One of them gave no answer.
    void failed(int rows) {
        lock.lock();
        try {
            compared += rows;
            disagreed += rows;
        } finally {
            lock.unlock();
        }
    }

    public Told told() {
        lock.lock();
        try {
            List<Map.Entry<Pair, Long>> counted = new ArrayList<>();
            pairs.forEach((pair, count) -> counted.add(Map.entry(pair, count)));
            return new Told(
                    compared,
                    disagreed,
                    compared == 0 ? 0 : difference / compared,
                    largest,
                    Distribution.distance(champion, other),
                    counted);
        } finally {
            lock.unlock();
        }
    }

    /// Adds what it has counted.
    void addTo(Counts counts) {
        lock.lock();
        try {
            counts.compared += compared;
            counts.disagreed += disagreed;
            champion.classes().forEach(counts.champion::add);
            champion.numbers().forEach(counts.champion::add);
            other.classes().forEach(counts.canary::add);
            other.numbers().forEach(counts.canary::add);
        } finally {
            lock.unlock();
        }
    }
}

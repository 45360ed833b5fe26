package io.millwright.lineage;

import java.util.Arrays;
import java.util.BitSet;

/// What was reached from a node, breadth first, in a few bytes for each: nodes are known by their index
/// in the order in which they were found.
final class Walk {
    private long[] ids = new long[64];
    private int[] via = new int[64];
    private byte[] kinds = new byte[64];
    private byte[] distances = new byte[64];
    private int size;
    private long edges;
    private boolean cutOff;
    private final BitSet seen = new BitSet();

    Walk(long start, int kind) {
        add(start, kind, -1, 0);
    }

    /// @return false when it was there before
    boolean add(long id, int kind, int from, int distance) {
        int bit = Math.toIntExact(id);
        if (seen.get(bit)) return false;
        seen.set(bit);
        if (size == ids.length) grow();
        ids[size] = id;
        via[size] = from;
        kinds[size] = (byte) kind;
        distances[size++] = (byte) distance;
        return true;
    }

    private void grow() {
        int more = size * 2;
        ids = Arrays.copyOf(ids, more);
        via = Arrays.copyOf(via, more);
        kinds = Arrays.copyOf(kinds, more);
        distances = Arrays.copyOf(distances, more);
    }

    int size() {
        return size;
    }

    long id(int index) {
        return ids[index];
    }

    NodeKind kind(int index) {
        return NodeKind.of(kinds[index]);
    }

    int distance(int index) {
        return distances[index];
    }

    /// Over which one it was found; -1 for the first.
    int via(int index) {
        return via[index];
    }

    boolean has(long id) {
        return seen.get(Math.toIntExact(id));
    }

    void countEdge() {
        edges++;
    }

    long edges() {
        return edges;
    }

    void cutOff() {
        cutOff = true;
    }

    /// Whether there is more than was walked.
    boolean isCutOff() {
        return cutOff;
    }

    /// Those found between two indexes.
    Part part(int from, int to) {
        long[] packed = new long[to - from];
        for (int i = from; i < to; i++) packed[i - from] = ids[i] << 32 | i;
        Arrays.sort(packed);
        long[] sorted = new long[packed.length];
        int[] indexes = new int[packed.length];
        for (int i = 0; i < packed.length; i++) {
            sorted[i] = packed[i] >> 32;
            indexes[i] = (int) packed[i];
        }
        return new Part(sorted, indexes);
    }

    /// Some of what was found, in the order of ids.
    static final class Part {
        private final long[] ids;
        private final int[] indexes;
        private int last;

        Part(long[] ids, int[] indexes) {
            this.ids = ids;
            this.indexes = indexes;
        }

        long[] ids() {
            return ids;
        }

        /// Databases answer mostly in the order of ids, so the one asked for last is asked for again.
        int index(long id) {
            if (ids[last] != id) last = Arrays.binarySearch(ids, id);
            return indexes[last];
        }
    }
}

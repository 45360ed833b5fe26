package io.millwright.runtime.evaluate;

import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/// Trees of threshold splits, many walked side by side.
///
/// The time of a walk is the wait for memory and for branches guessed wrong. So a node is one long,
/// the nodes of a tree lie by level, and a step has no branch: every value is first made an int that
/// compares as the value does (a *key*), a missing one the smallest or largest int as the rule says,
/// and the sign of `key - threshold` is what is added to the place. A group of trees goes down level by
/// level, so that they hide the wait of one another; where each has come to lies in an array, since so
/// many do not fit the registers. A leaf steps to itself.
///
/// - A float32 value becomes its bits, turned so that they rise with the value.
/// - A float64 value becomes its rank among the thresholds its feature is compared with, which answers
/// the same.
final class PackedTrees implements Step.Plan {
    /// node = threshold key (32 bits) | how far ahead the right child is (20) | slot of its key (12)
    private static final int SLOT_BITS = 12;

    private static final int SLOTS = 1 << SLOT_BITS;
    private static final int DELTA_BITS = 20;
    private static final int DELTAS = 1 << DELTA_BITS;

    /// The key in this slot is the largest, so that a leaf always steps "right": to itself.
    private static final int LEAF_SLOT = 0;

    private static final int GROUP = 32;

    /// After so many levels only those trees go on that have not come to a leaf, and again after some more.
    private static final int PATIENCE = 8;

    private static final int MORE = 4;

    private final int features;
    private final long[] nodes;
    private final int[] roots;
    private final int[] depths;
    private final int trees;
    private final Slots slots;

    /// Whether a leaf's only number lies in its node, and there is but one sum.
    private final boolean floatLeaves;

    private final double[] leaves;
    private final int leafWidth;
    private final int[] targets;
    private final double[] base;
    private final double divisor;
    private final boolean singleSum;

    static boolean fits(Trees trees) {
        if (!trees.categorySplits().isEmpty()) return false;
        Map<Long, Integer> distinct = new HashMap<>();
        for (int node = 0; node < trees.feature().size(); node++) {
            if (!trees.isLeaf(node)) distinct.putIfAbsent(Slots.name(trees, node), 0);
        }
        return distinct.size() < SLOTS && Layout.largestTree(trees) < DELTAS;
    }

    PackedTrees(Trees model) {
        features = model.features();
        trees = model.roots().size();
        slots = Slots.of(model);
        leaves = model.leaves().values().toArray();
        leafWidth = model.leaves().columns();
        targets = model.targets().toArray();
        base = model.base().toArray();
        divisor = model.divisor();
        singleSum = model.sum() == Precision.FLOAT32;
        floatLeaves = singleSum
                && leafWidth == 1
                && base.length == 1
                && model.leaves().values().areFloats();
        roots = new int[trees];
        depths = new int[(trees + GROUP - 1) / GROUP];
        Layout layout = new Layout(model, slots, floatLeaves);
        for (int tree = 0; tree < trees; tree++) {
            roots[tree] = layout.add(model.roots().get(tree));
            depths[tree / GROUP] = Math.max(depths[tree / GROUP], layout.depth);
        }
        nodes = layout.nodes();
    }

    @Override
    public Step bind(Block[] in, Block out) {
        int width = slots.width();
        int[][] keys = new int[rowsOf(in[0])][width];
        for (int[] each : keys) each[LEAF_SLOT] = Integer.MAX_VALUE;
        Walk walk = new Walk();
        return rows -> {
            for (int row = 0; row < rows; row++) slots.fill(in[0].numbers(), row * features, keys[row]);
            double[] to = out.numbers();
            for (int row = 0; row < rows; row++) System.arraycopy(base, 0, to, row * base.length, base.length);
            // A group for all rows, then the next: its trees stay in the cache.
            for (int group = 0; group < depths.length; group++) {
                for (int row = 0; row < rows; row++) {
                    walk(group, keys[row], walk);
                    add(group, walk.leaves, to, row);
                }
            }
            if (divisor != 1) divide(to, rows * base.length);
        };
    }

    private int rowsOf(Block block) {
        return features == 0 ? 1 : block.numbers().length / features;
    }

    /// Leaves where each tree of a group ends in `walk.leaves`.
    private void walk(int group, int[] keys, Walk walk) {
        int first = group * GROUP;
        int count = Math.min(GROUP, trees - first);
        int left = depths[group];
        System.arraycopy(roots, first, walk.leaves, 0, count);
        descend(walk.leaves, count, Math.min(left, PATIENCE), keys);
        if (left <= PATIENCE) return;
        count = walk.begin(count);
        for (left -= PATIENCE; left > 0 && count > 0; left -= MORE) {
            descend(walk.places, count, MORE, keys);
            count = walk.goOn(nodes, count);
        }
    }

    private void descend(int[] places, int count, int levels, int[] keys) {
        long[] nodes = this.nodes;
        int mask = keys.length - 1;
        for (int level = 0; level < levels; level++) {
            for (int i = 0; i < count; i++) {
                int place = places[i];
                places[i] = place + step(nodes[place], keys, mask);
            }
        }
    }

    /// How far ahead the next node is: to the right child, or one less when the key is below the
    /// threshold.
    private static int step(long node, int[] keys, int mask) {
        int key = keys[(int) node & mask];
        int delta = (int) node >>> SLOT_BITS;
        return delta + (int) ((key - (node >> 32)) >> 63);
    }

    private void add(int group, int[] places, double[] to, int row) {
        int first = group * GROUP;
        int count = Math.min(GROUP, trees - first);
        if (floatLeaves) {
            float sum = (float) to[row];
            for (int i = 0; i < count; i++) sum += Float.intBitsToFloat(leaf(places[i]));
            to[row] = sum;
            return;
        }
        for (int i = 0; i < count; i++) {
            int at = row * base.length + targets[first + i];
            int leaf = leaf(places[i]) * leafWidth;
            for (int j = 0; j < leafWidth; j++) {
                double sum = to[at + j] + leaves[leaf + j];
                to[at + j] = singleSum ? (float) sum : sum;
            }
        }
    }

    private int leaf(int place) {
        return (int) (nodes[place] >> 32);
    }

    private void divide(double[] to, int count) {
        for (int i = 0; i < count; i++) {
            double value = to[i] / divisor;
            to[i] = singleSum ? (float) value : value;
        }
    }

    /// Where the trees of a group have come to.
    private static final class Walk {
        /// By tree of the group.
        final int[] leaves = new int[GROUP];

        /// Of those that still walk, and which trees they are.
        final int[] places = new int[GROUP];

        private final int[] which = new int[GROUP];

        int begin(int count) {
            System.arraycopy(leaves, 0, places, 0, count);
            for (int i = 0; i < count; i++) which[i] = i;
            return count;
        }

        /// Those that are not at a leaf move to the front. Without a branch, as for the steps.
        ///
        /// @return how many they are
        int goOn(long[] nodes, int count) {
            int still = 0;
            for (int i = 0; i < count; i++) {
                int place = places[i];
                int tree = which[i];
                leaves[tree] = place;
                places[still] = place;
                which[still] = tree;
                still += ((int) nodes[place] & SLOTS - 1) + SLOTS - 1 >>> SLOT_BITS; // 0 for LEAF_SLOT
            }
            return still;
        }
    }

    /// Where the nodes of all trees lie: the children of one side by side, and two levels of
    /// descendants together, so that a line of the cache is good for two steps.
    private static final class Layout {
        private final Trees model;
        private final Slots slots;
        private final boolean floats;
        private final int[] places;
        private final long[] nodes;
        private int used;
        private int depth;

        /// @param floats whether a leaf is the bits of its only number, and not its row
        Layout(Trees model, Slots slots, boolean floats) {
            this.model = model;
            this.slots = slots;
            this.floats = floats;
            this.places = new int[model.feature().size()];
            this.nodes = new long[model.feature().size() + 1];
        }

        /// @return where its root lies; `depth` is then its depth
        int add(int root) {
            int start = used;
            places[root] = used++;
            depth = 0;
            Deque<int[]> parents = new ArrayDeque<>();
            parents.push(new int[] {root, 0});
            while (!parents.isEmpty()) {
                int[] parent = parents.pop();
                depth = Math.max(depth, parent[1]);
                if (model.isLeaf(parent[0])) {
                    write(parent[0]);
                    continue;
                }
                int[] children = place(parent[0]);
                write(parent[0]);
                int[] grandchildren = new int[4];
                int count = 0;
                for (int child : children) {
                    if (model.isLeaf(child)) {
                        depth = Math.max(depth, parent[1] + 1);
                    } else {
                        for (int each : place(child)) grandchildren[count++] = each;
                    }
                    write(child);
                }
                for (int i = count - 1; i >= 0; i--) parents.push(new int[] {grandchildren[i], parent[1] + 2});
            }
            return start;
        }

        private int[] place(int parent) {
            int[] children = {model.left().get(parent), model.right().get(parent)};
            for (int child : children) places[child] = used++;
            return children;
        }

        private void write(int node) {
            int place = places[node];
            if (model.isLeaf(node)) {
                int leaf = model.left().get(node);
                int bits =
                        floats ? Float.floatToRawIntBits((float) model.leaves().get(leaf, 0)) : leaf;
                nodes[place] = (long) bits << 32 | LEAF_SLOT;
            } else {
                long ahead = places[model.right().get(node)] - (long) place;
                nodes[place] = (long) slots.threshold(node) << 32 | ahead << SLOT_BITS | slots.of(node);
            }
        }

        long[] nodes() {
            return Arrays.copyOf(nodes, Math.max(1, used));
        }

        static int largestTree(Trees trees) {
            int largest = 0;
            int[] stack = new int[16];
            for (int tree = 0; tree < trees.roots().size(); tree++) {
                int size = 0;
                int top = 0;
                stack[top++] = trees.roots().get(tree);
                while (top > 0) {
                    int node = stack[--top];
                    size++;
                    if (trees.isLeaf(node)) continue;
                    if (top + 2 > stack.length) stack = Arrays.copyOf(stack, 2 * stack.length);
                    stack[top++] = trees.left().get(node);
                    stack[top++] = trees.right().get(node);
                }
                largest = Math.max(largest, size);
            }
            return largest;
        }
    }
}

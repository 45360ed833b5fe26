package io.millwright.runtime.evaluate;

import io.millwright.runtime.Precision;
import io.millwright.runtime.Trees;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/// Trees of threshold splits, eight walked side by side.
///
/// The time of a walk is the wait for memory and for branches guessed wrong. So a node is one long,
/// the nodes of a tree lie by level, and a step has no branch: every value is first made an int that
/// compares as the value does (a *key*), a missing one the smallest or largest int as the rule says,
/// and the sign of `key - threshold` is what is added to the
/// place. Eight trees at a time hide the wait of one another. A leaf steps to itself, so that eight
/// trees are walked for
/// as long as the deepest of them.
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

    private static final int LANES = 8;

    /// From so many levels on it is worth asking now and then whether all eight have come to a leaf.
    private static final int PATIENCE = 8;

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
        // The last eight are filled up with the last tree, whose result is then not looked at.
        int padded = (trees + LANES - 1) / LANES * LANES;
        roots = new int[padded];
        depths = new int[padded / LANES];
        Layout layout = new Layout(model, slots, floatLeaves);
        for (int tree = 0; tree < padded; tree++) {
            roots[tree] = tree < trees ? layout.add(model.roots().get(tree)) : roots[trees - 1];
            if (tree < trees) depths[tree / LANES] = Math.max(depths[tree / LANES], layout.depth);
        }
        nodes = layout.nodes();
    }

    @Override
    public Step bind(Block[] in, Block out) {
        int width = slots.width();
        int[][] keys = new int[rowsOf(in[0])][width];
        for (int[] each : keys) each[LEAF_SLOT] = Integer.MAX_VALUE;
        int[] found = new int[LANES];
        return rows -> {
            for (int row = 0; row < rows; row++) slots.fill(in[0].numbers(), row * features, keys[row]);
            double[] to = out.numbers();
            for (int row = 0; row < rows; row++) System.arraycopy(base, 0, to, row * base.length, base.length);
            // Eight trees for all rows, then the next eight: the trees stay in the nearest cache.
            for (int group = 0; group < depths.length; group++) {
                for (int row = 0; row < rows; row++) {
                    walk(group, keys[row], found);
                    add(group, found, to, row);
                }
            }
            if (divisor != 1) divide(to, rows * base.length);
        };
    }

    private int rowsOf(Block block) {
        return features == 0 ? 1 : block.numbers().length / features;
    }

    private void walk(int group, int[] keys, int[] found) {
        long[] nodes = this.nodes;
        int first = group * LANES;
        int a = roots[first];
        int b = roots[first + 1];
        int c = roots[first + 2];
        int d = roots[first + 3];
        int e = roots[first + 4];
        int f = roots[first + 5];
        int g = roots[first + 6];
        int h = roots[first + 7];
        int mask = keys.length - 1;
        int left = depths[group];
        while (left > 0) {
            // The registers hold the eight and little more: the question whether all have ended waits for some levels.
            for (int level = Math.min(left, PATIENCE); level > 0; level--) {
                a += step(nodes[a], keys, mask);
                b += step(nodes[b], keys, mask);
                c += step(nodes[c], keys, mask);
                d += step(nodes[d], keys, mask);
                e += step(nodes[e], keys, mask);
                f += step(nodes[f], keys, mask);
                g += step(nodes[g], keys, mask);
                h += step(nodes[h], keys, mask);
            }
            left -= PATIENCE;
            if (left > 0) {
                long all = nodes[a] | nodes[b] | nodes[c] | nodes[d] | nodes[e] | nodes[f] | nodes[g] | nodes[h];
                if ((all & SLOTS - 1) == LEAF_SLOT) break;
            }
        }
        found[0] = (int) (nodes[a] >> 32);
        found[1] = (int) (nodes[b] >> 32);
        found[2] = (int) (nodes[c] >> 32);
        found[3] = (int) (nodes[d] >> 32);
        found[4] = (int) (nodes[e] >> 32);
        found[5] = (int) (nodes[f] >> 32);
        found[6] = (int) (nodes[g] >> 32);
        found[7] = (int) (nodes[h] >> 32);
    }

    /// How far ahead the next node is: to the right child, or one less when the key is below the
    /// threshold.
    private static int step(long node, int[] keys, int mask) {
        int key = keys[(int) node & mask];
        int delta = (int) node >>> SLOT_BITS;
        return delta + (int) ((key - (node >> 32)) >> 63);
    }

    private void add(int group, int[] found, double[] to, int row) {
        int first = group * LANES;
        int count = Math.min(LANES, trees - first);
        if (floatLeaves) {
            float sum = (float) to[row];
            for (int i = 0; i < count; i++) sum += Float.intBitsToFloat(found[i]);
            to[row] = sum;
            return;
        }
        for (int i = 0; i < count; i++) {
            int at = row * base.length + targets[first + i];
            int leaf = found[i] * leafWidth;
            for (int j = 0; j < leafWidth; j++) {
                double sum = to[at + j] + leaves[leaf + j];
                to[at + j] = singleSum ? (float) sum : sum;
            }
        }
    }

    private void divide(double[] to, int count) {
        for (int i = 0; i < count; i++) {
            double value = to[i] / divisor;
            to[i] = singleSum ? (float) value : value;
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

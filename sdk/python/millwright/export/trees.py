"""Trees of scikit-learn, laid out in common arrays."""
import math

import numpy as np

from .graph import NotExportable, Ragged

NAN_LEFT, NAN_RIGHT = 1, 2


class Nodes:
    """Nodes of many trees, one after the other."""

    def __init__(self, outputs):
        self.outputs = outputs
        self.roots, self.targets, self.leaves = [], [], []
        self.feature, self.threshold, self.left, self.right = [], [], [], []
        self.missing, self.category = [], []
        self.members, self.known = [], []
        self.count = 0
        self.leaf_count = 0

    def add(self, target, feature, threshold, left, right, missing_left, leaf_values, category=None):
        """A tree in arrays: a leaf has left < 0; leaf_values has a row for each leaf, in the order of the nodes."""
        is_leaf = left < 0
        self.roots.append(self.count)
        self.targets.append(target)
        leaf_number = np.cumsum(is_leaf) - 1 + self.leaf_count
        self.feature.append(np.where(is_leaf, -1, feature))
        self.threshold.append(np.where(is_leaf, 0.0, threshold))
        self.left.append(np.where(is_leaf, leaf_number, left + self.count))
        self.right.append(np.where(is_leaf, 0, right + self.count))
        self.missing.append(np.where(missing_left, NAN_LEFT, NAN_RIGHT))
        self.category.append(np.full(len(left), -1) if category is None else category)
        self.leaves.append(leaf_values.reshape(int(is_leaf.sum()), -1))
        self.count += len(left)
        self.leaf_count += int(is_leaf.sum())

    def category_split(self, members, known):
        """The place of a split by categories: members go left."""
        self.members.append(sorted(members))
        self.known.append(sorted(known))
        return len(self.members) - 1

    def node(self, graph, value, base, divisor=1.0, single=True):
        """single: whether a value is rounded to float32 before it is compared."""
        integers = {name: np.concatenate(getattr(self, name)).astype(np.int32)
                    for name in ("feature", "left", "right", "missing", "category")}
        leaves = np.vstack(self.leaves).astype(np.float64)
        if not np.isfinite(leaves).all():
            raise NotExportable("a tree with a leaf that is not finite")
        return graph.node(
            "trees", [value], self.outputs, features=value.width, input="float32" if single else "float64",
            comparison="less_or_equal", roots=np.array(self.roots, np.int32), feature=integers["feature"],
            threshold=np.concatenate(self.threshold).astype(np.float64), left=integers["left"], right=integers["right"],
            missing=integers["missing"], category_split=integers["category"],
            split_members=Ragged(self.members, np.int32), split_known=Ragged(self.known, np.int32),
            split_members_left=np.ones(len(self.members), np.int32), leaves=leaves,
            targets=np.array(self.targets, np.int32), base=np.asarray(base, dtype=np.float64).reshape(-1),
            divisor=float(divisor), sum="float64")


def _add(nodes, tree, target, leaf_values, features=None):
    feature = np.where(tree.feature < 0, 0, tree.feature)
    if features is not None:
        feature = np.asarray(features)[feature]
    missing_left = np.asarray(getattr(tree, "missing_go_to_left", np.zeros(tree.node_count)), dtype=bool)
    nodes.add(target, feature, tree.threshold, tree.children_left.astype(int), tree.children_right.astype(int), missing_left,
              leaf_values)


def average(graph, trees, value):
    """The mean of the leaves of trees: a mean of targets, or of shares of classes."""
    trees = [each.tree_ for each in trees]
    if trees[0].n_outputs != 1:
        raise NotExportable("trees with several outputs")
    width = trees[0].value.shape[2]
    nodes = Nodes(width)
    for tree in trees:
        leaves = tree.value[tree.children_left < 0, 0, :]
        if width > 1:
            # Shares; before scikit-learn 1.3 leaves hold weights.
            sums = leaves.sum(axis=1, keepdims=True)
            leaves = np.where(np.abs(sums - 1) < 1e-9, leaves, leaves / np.where(sums == 0, 1, sums))
        _add(nodes, tree, 0, leaves)
    return nodes.node(graph, value, np.zeros(width), divisor=len(trees))


def boosted(graph, model, value, start):
    nodes = Nodes(len(start))
    for stage in model.estimators_:
        for target, each in enumerate(stage):
            tree = each.tree_
            _add(nodes, tree, target, model.learning_rate * tree.value[tree.children_left < 0, 0, :1])
    return nodes.node(graph, value, start)


def histogram(graph, model, value):
    baseline = np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1)
    nodes = Nodes(len(baseline))
    known_bits, places = model._bin_mapper.make_known_categories_bitsets()
    for stage in model._predictors:
        for target, predictor in enumerate(stage):
            table = predictor.nodes
            is_leaf = table["is_leaf"].astype(bool)
            category = np.full(len(table), -1)
            for node in np.flatnonzero(table["is_categorical"].astype(bool) & ~is_leaf):
                category[node] = nodes.category_split(_bits(predictor.raw_left_cat_bitsets[table["bitset_idx"][node]]),
                                                      _bits(known_bits[places[table["feature_idx"][node]]]))
            nodes.add(target, table["feature_idx"].astype(int), table["num_threshold"].astype(np.float64),
                      np.where(is_leaf, -1, table["left"].astype(int)), table["right"].astype(int),
                      table["missing_go_to_left"].astype(bool), table["value"][is_leaf], category)
    return nodes.node(graph, value, baseline, single=False)


def _bits(words):
    return [32 * word + bit for word, bits in enumerate(words) for bit in range(32) if int(bits) >> bit & 1]


def average_path(samples):
    """How deep a row lies on average in a tree of so many (Liu, Ting and Zhou 2008, equation 1)."""
    if samples <= 1:
        return 0.0
    if samples == 2:
        return 1.0
    return 2.0 * (math.log(samples - 1.0) + np.euler_gamma) - 2.0 * (samples - 1.0) / samples


def isolation(graph, model, value):
    """The sum, over the trees, of how deep a row lies."""
    nodes = Nodes(1)
    for number, (each, features) in enumerate(zip(model.estimators_, model.estimators_features_)):
        tree = each.tree_
        depth = model._decision_path_lengths[number] + model._average_path_length_per_tree[number] - 1.0
        _add(nodes, tree, 0, depth[tree.children_left < 0], features)
    return nodes.node(graph, value, [0.0])

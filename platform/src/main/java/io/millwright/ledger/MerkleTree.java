package io.millwright.ledger;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The hash tree of RFC 6962 §2.1: leaves and nodes are hashed with different prefixes, so that neither can pass
/// for the other. Its root stands for all leaves in their order, and `log2(n)` hashes prove one leaf against it.
///
/// Building takes `2n` hashes and keeps them; a root or a proof is then read off.
final class MerkleTree {
    private final List<byte[]> leaves;
    /// The lowest level first. A node without a sibling rises as it is, which gives the RFC's tree.
    private final List<List<Sha256>> levels = new ArrayList<>();

    private MerkleTree(List<byte[]> leaves) {
        this.leaves = leaves;
        List<Sha256> level = leaves.stream().map(MerkleTree::leafHash).toList();
        levels.add(level);
        while (level.size() > 1) {
            List<Sha256> above = new ArrayList<>((level.size() + 1) / 2);
            for (int i = 0; i + 1 < level.size(); i += 2) above.add(nodeHash(level.get(i), level.get(i + 1)));
            if (level.size() % 2 == 1) above.add(level.getLast());
            levels.add(above);
            level = above;
        }
    }

    static MerkleTree of(List<byte[]> leaves) {
        return new MerkleTree(leaves);
    }

    /// Of hashes written one after the other. Bytes left over are a leaf too, so that every change of them shows.
    static MerkleTree ofHashes(byte[] joined) {
        List<byte[]> leaves = new ArrayList<>(joined.length / Sha256.LENGTH);
        for (int from = 0; from < joined.length; from += Sha256.LENGTH) {
            leaves.add(Arrays.copyOfRange(joined, from, Math.min(joined.length, from + Sha256.LENGTH)));
        }
        return new MerkleTree(leaves);
    }

    int size() {
        return leaves.size();
    }

    byte[] leaf(int position) {
        return leaves.get(position);
    }

    Sha256 root() {
        List<Sha256> top = levels.getLast();
        return top.isEmpty() ? Sha256.of() : top.getFirst();
    }

    /// The sibling hashes from one leaf to the root, lowest first, 32 bytes each.
    byte[] proof(int position) {
        ByteArrayOutputStream proof = new ByteArrayOutputStream();
        int index = position;
        for (List<Sha256> level : levels) {
            int sibling = index ^ 1;
            if (sibling < level.size()) proof.writeBytes(level.get(sibling).bytes());
            index >>= 1;
        }
        return proof.toByteArray();
    }

    /// Whether the leaf stands at the position in a tree of `size` leaves with this root.
    static boolean proves(byte[] leaf, int position, int size, byte[] proof, Sha256 root) {
        if (position < 0 || position >= size) return false;
        Sha256 hash = leafHash(leaf);
        int index = position;
        int used = 0;
        for (int width = size; width > 1; width = (width + 1) / 2) {
            if ((index ^ 1) < width) {
                if (used + Sha256.LENGTH > proof.length) return false;
                Sha256 sibling = Sha256.stored(Arrays.copyOfRange(proof, used, used += Sha256.LENGTH));
                hash = index % 2 == 0 ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
            }
            index >>= 1;
        }
        return used == proof.length && hash.equals(root);
    }

    private static Sha256 leafHash(byte[] leaf) {
        return Sha256.of(new byte[] {0}, leaf);
    }

    private static Sha256 nodeHash(Sha256 left, Sha256 right) {
        return Sha256.of(new byte[] {1}, left.bytes(), right.bytes());
    }
}

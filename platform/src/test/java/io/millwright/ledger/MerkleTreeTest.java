package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class MerkleTreeTest {
    @Test
    void no_leaves_give_the_hash_of_nothing() {
        assertThat(MerkleTree.of(List.of()).root())
                .hasToString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    /// The leaves and roots which the implementations of Certificate Transparency (RFC 6962) are tested with.
    @Test
    void roots_are_those_of_certificate_transparency() {
        List<byte[]> leaves = Stream.of(
                        "",
                        "00",
                        "10",
                        "2021",
                        "3031",
                        "40414243",
                        "5051525354555657",
                        "606162636465666768696a6b6c6d6e6f")
                .map(HexFormat.of()::parseHex)
                .toList();

        assertThat(IntStream.rangeClosed(1, 8)
                        .mapToObj(
                                n -> MerkleTree.of(leaves.subList(0, n)).root().toString()))
                .containsExactly(
                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    /// RFC 6962 §2.1 defines the tree from above, splitting at the greatest power of two; ours is built from
    /// below.
    @Test
    void the_root_is_the_one_that_the_rfc_defines() {
        for (int n = 1; n <= 200; n++) {
            List<byte[]> leaves = leaves(n);
            assertThat(MerkleTree.of(leaves).root()).as("%d leaves", n).isEqualTo(byDefinition(leaves));
        }
    }

    @Test
    void every_leaf_is_proven_at_its_place() {
        for (int n = 1; n <= 200; n++) {
            List<byte[]> leaves = leaves(n);
            MerkleTree tree = MerkleTree.of(leaves);
            for (int i = 0; i < n; i++) {
                assertThat(MerkleTree.proves(leaves.get(i), i, n, tree.proof(i), tree.root()))
                        .as("leaf %d of %d", i, n)
                        .isTrue();
            }
        }
    }

    @Test
    void no_other_leaf_and_no_other_place_is_proven() {
        qt().forAll(
                        integers().between(2, 200),
                        integers().between(0, 1_000_000),
                        integers().between(0, 1_000_000))
                .checkAssert((n, a, b) -> {
                    List<byte[]> leaves = leaves(n);
                    MerkleTree tree = MerkleTree.of(leaves);
                    int i = a % n;
                    int other = (i + 1 + b % (n - 1)) % n;
                    byte[] proof = tree.proof(i);

                    assertThat(MerkleTree.proves(leaves.get(other), i, n, proof, tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(leaves.get(i), other, n, proof, tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(leaves.get(i), -1, n, proof, tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(leaves.get(i), n, n, proof, tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(leaves.get(i), i, n, proof, Sha256.ZERO))
                            .isFalse();
                });
    }

    @Test
    void a_damaged_proof_proves_nothing() {
        qt().forAll(
                        integers().between(2, 200),
                        integers().between(0, 1_000_000),
                        integers().between(0, 1_000_000))
                .checkAssert((n, a, b) -> {
                    List<byte[]> leaves = leaves(n);
                    MerkleTree tree = MerkleTree.of(leaves);
                    int i = a % n;
                    byte[] proof = tree.proof(i);
                    byte[] flipped = proof.clone();
                    flipped[b % proof.length] ^= (byte) (1 << b % 8);

                    assertThat(MerkleTree.proves(leaves.get(i), i, n, flipped, tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(
                                    leaves.get(i), i, n, Arrays.copyOf(proof, b % proof.length), tree.root()))
                            .isFalse();
                    assertThat(MerkleTree.proves(
                                    leaves.get(i), i, n, Arrays.copyOf(proof, proof.length + 32), tree.root()))
                            .isFalse();
                });
    }

    /// A node passed off as a leaf would let somebody prove an event that never was.
    @Test
    void a_node_does_not_pass_for_a_leaf() {
        List<byte[]> leaves = leaves(4);
        MerkleTree tree = MerkleTree.of(leaves);
        byte[] left = MerkleTree.of(leaves.subList(0, 2)).root().bytes();
        byte[] right = MerkleTree.of(leaves.subList(2, 4)).root().bytes();

        assertThat(MerkleTree.proves(left, 0, 2, right, tree.root())).isFalse();
        assertThat(MerkleTree.of(List.of(left, right)).root()).isNotEqualTo(tree.root());
    }

    @Test
    void bytes_left_over_change_the_root() {
        byte[] joined = new byte[64];
        assertThat(MerkleTree.ofHashes(Arrays.copyOf(joined, 65)).root())
                .isNotEqualTo(MerkleTree.ofHashes(joined).root());
    }

    private static Sha256 byDefinition(List<byte[]> leaves) {
        int n = leaves.size();
        if (n == 1) return Sha256.of(new byte[] {0}, leaves.getFirst());
        int k = Integer.highestOneBit(n - 1);
        return Sha256.of(
                new byte[] {1},
                byDefinition(leaves.subList(0, k)).bytes(),
                byDefinition(leaves.subList(k, n)).bytes());
    }

    private static List<byte[]> leaves(int n) {
        Random random = new Random(n);
        List<byte[]> leaves = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            byte[] leaf = new byte[32];
            random.nextBytes(leaf);
            leaves.add(leaf);
        }
        return leaves;
    }
}

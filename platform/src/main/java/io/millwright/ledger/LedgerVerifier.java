package io.millwright.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Walks the whole chain and says what was changed, removed, added or reordered, by name.
///
/// It may run while others write: each stretch of the chain is read at one moment.
public final class LedgerVerifier {
    private static final int MOST_FINDINGS = 100;

    /// What a walk found.
    ///
    /// @param blocks how many there are
    /// @param events sealed and present
    /// @param prunedEvents sealed and removed by retention, as the chain itself records
    /// @param unsealedEvents written since the last block was closed
    /// @param head the last block's hash, in hex: keep it elsewhere, and the whole past up to it is fixed
    /// @param findings empty when the chain holds; else one sentence each; with the hundredth the walk ends
    public record Report(
            long blocks, long events, long prunedEvents, long unsealedEvents, String head, List<String> findings) {
        public boolean holds() {
            return findings.isEmpty();
        }
    }

    private final Db db;
    private final LedgerStore store;

    LedgerVerifier(Db db, LedgerStore store) {
        this.db = db;
        this.store = store;
    }

    /// How far a walk is.
    @FunctionalInterface
    public interface Progress {
        /// Told after each stretch; may throw to end the walk.
        void tell(long blocks, long events);
    }

    /// Checks all there is. One pass in sealed order; memory of a few thousand events at a time.
    public Report verify() {
        return new Walk(null, (blocks, events) -> {}).walk();
    }

    /// The same, and that a head which an earlier report gave, and which was kept elsewhere, is still in the
    /// chain. Without it, a chain that somebody cut off and rewrote with new hashes looks like any other.
    public Report verify(String keptHead) {
        return new Walk(keptHead, (blocks, events) -> {}).walk();
    }

    /// The same, for whoever watches.
    ///
    /// @param keptHead empty without one
    public Report verify(Optional<String> keptHead, Progress progress) {
        return new Walk(keptHead.orElse(null), progress).walk();
    }

    private final class Walk {
        private final @Nullable String keptHead;
        private final Progress progress;
        private final List<String> findings = new ArrayList<>();
        private long blocks;
        private long events;
        private long prunedEvents;
        private long unsealedEvents;
        private long lastNumber;
        private Sha256 lastHash = Sha256.ZERO;
        private boolean keptHeadSeen;

        Walk(@Nullable String keptHead, Progress progress) {
            this.keptHead = keptHead;
            this.progress = progress;
            keptHeadSeen = keptHead == null || keptHead.equals(lastHash.toString());
        }

        Report walk() {
            boolean more = true;
            while (more && findings.size() < MOST_FINDINGS) {
                more = db.read(sql -> {
                    LedgerStore.Stretch next = store.stretchAfter(sql, lastNumber);
                    if (next.blocks().isEmpty()) checkEnd(sql);
                    else checkStretch(sql, next);
                    return !next.blocks().isEmpty();
                });
                progress.tell(blocks, events);
            }
            if (!more && !keptHeadSeen) {
                found(("no block has the hash %s, which was the head when it was kept elsewhere:"
                                + " the chain was cut off or rewritten since")
                        .formatted(keptHead));
            }
            return new Report(blocks, events, prunedEvents, unsealedEvents, lastHash.toString(), List.copyOf(findings));
        }

        private void checkStretch(Sql sql, LedgerStore.Stretch stretch) {
            long first = stretch.blocks().getFirst().block().number();
            if (first != lastNumber + 1) {
                found("block %d is missing: block %d follows block %d".formatted(lastNumber + 1, first, lastNumber));
                strays(sql, lastNumber + 1, first - 1);
            }
            Map<Long, List<LedgerStore.Sealed>> byBlock = new HashMap<>();
            for (LedgerStore.Sealed event : stretch.events()) {
                byBlock.computeIfAbsent(event.block(), number -> new ArrayList<>())
                        .add(event);
            }
            LedgerStore.Removal removal = store.lastRemoval(sql).orElse(LedgerStore.Removal.NONE);
            for (LedgerStore.StoredBlock stored : stretch.blocks()) {
                checkHeader(stored);
                List<LedgerStore.Sealed> rows =
                        byBlock.getOrDefault(stored.block().number(), List.of());
                if (rows.isEmpty()) checkEmpty(stored, removal);
                else checkEvents(stored, rows);
            }
        }

        private void checkHeader(LedgerStore.StoredBlock stored) {
            Block block = stored.block();
            if (!block.previousHash().equals(lastHash)) {
                found("block %d does not follow the block before it: its previous hash is another"
                        .formatted(block.number()));
            }
            if (!block.merkleRoot().equals(stored.leaves().root())) {
                found("block %d: the list of its events was changed (Merkle root differs)".formatted(block.number()));
            }
            if (block.count() != stored.leaves().size()) {
                found("block %d claims %d events but lists %d"
                        .formatted(
                                block.number(), block.count(), stored.leaves().size()));
            }
            if (!block.hash().equals(stored.hash())) {
                found("block %d: its header was changed (hash differs)".formatted(block.number()));
            }
            blocks++;
            lastNumber = block.number();
            lastHash = stored.hash();
            keptHeadSeen |= stored.hash().toString().equals(keptHead);
        }

        /// A block may be without events only when a later event of the chain accounts for that.
        private void checkEmpty(LedgerStore.StoredBlock stored, LedgerStore.Removal removal) {
            long number = stored.block().number();
            int lost = stored.leaves().size();
            if (!removal.accountsFor(number)) {
                found("block %d lost its events (%d of them), and no later %s event accounts for it"
                        .formatted(number, lost, Ledger.PRUNED));
            } else if (!stored.pruned()) {
                found("block %d was pruned, but its mark is gone".formatted(number));
            } else {
                prunedEvents += lost;
            }
        }

        private void checkEvents(LedgerStore.StoredBlock stored, List<LedgerStore.Sealed> rows) {
            long number = stored.block().number();
            MerkleTree leaves = stored.leaves();
            if (stored.pruned()) found("block %d is marked as pruned and still has events".formatted(number));
            Map<Integer, LedgerStore.Sealed> byPosition = new HashMap<>();
            for (LedgerStore.Sealed row : rows) {
                LedgerStore.Sealed twin = byPosition.put(row.position(), row);
                if (twin != null) {
                    found("events %s and %s both claim block %d, position %d"
                            .formatted(twin.event().id(), row.event().id(), number, row.position()));
                }
                if (row.position() < 0 || row.position() >= leaves.size()) {
                    found("event %s was added or moved: block %d has no position %d"
                            .formatted(row.event().id(), number, row.position()));
                }
            }
            for (int position = 0; position < leaves.size(); position++) {
                LedgerStore.Sealed row = byPosition.get(position);
                if (row == null) {
                    found("the event at block %d, position %d was removed (its leaf was %s)"
                            .formatted(number, position, HexFormat.of().formatHex(leaves.leaf(position))));
                } else {
                    checkEvent(leaves, row);
                }
            }
        }

        private void checkEvent(MerkleTree leaves, LedgerStore.Sealed row) {
            events++;
            Event event = row.event();
            byte[] leaf = row.leaf();
            boolean inPlace = Arrays.equals(leaf, leaves.leaf(row.position()));
            if (inPlace && row.digest().equals(event.digest())) return;
            for (int other = 0; !inPlace && other < leaves.size(); other++) {
                if (Arrays.equals(leaf, leaves.leaf(other))) {
                    found("event %s was moved: it stands at block %d, position %d, and belongs to position %d"
                            .formatted(event.id(), row.block(), row.position(), other));
                    return;
                }
            }
            found("event %s (%s on %s, block %d, position %d) was changed: its content no longer gives its hash"
                    .formatted(event.id(), event.type(), event.entity(), row.block(), row.position()));
        }

        /// What lies beyond the last block: nothing, events of the last second, and the note of which block is
        /// last.
        private void checkEnd(Sql sql) {
            strays(sql, lastNumber + 1, Long.MAX_VALUE);
            strays(sql, Long.MIN_VALUE, 0);
            store.eachUnsealed(sql, this::checkUnsealed);
            Optional<LedgerStore.Head> head = store.head(sql);
            if (head.isEmpty()) {
                found("the note of the last block (table ledger_head) was removed: nothing can be sealed any more");
            } else if (head.get().block() > lastNumber) {
                found("the last %d blocks were removed: block %d was the last one, and the chain ends with block %d"
                        .formatted(head.get().block() - lastNumber, head.get().block(), lastNumber));
            } else if (head.get().block() != lastNumber || !head.get().hash().equals(lastHash)) {
                found("the chain ends with block %d, and the note of the last block (table ledger_head) says otherwise"
                        .formatted(lastNumber));
            }
        }

        /// Not yet in a block: only its own digest can be checked.
        private void checkUnsealed(LedgerStore.Sealed row) {
            unsealedEvents++;
            Event event = row.event();
            if (!event.digest().equals(row.digest())) {
                found("event %s (%s on %s, not yet sealed) was changed: its content no longer gives its digest"
                        .formatted(event.id(), event.type(), event.entity()));
            }
        }

        private void strays(Sql sql, long first, long last) {
            for (LedgerStore.Sealed stray : store.eventsBetween(sql, first, last, MOST_FINDINGS)) {
                found("event %s claims block %d, which does not exist"
                        .formatted(stray.event().id(), stray.block()));
            }
        }

        private void found(String finding) {
            if (findings.size() < MOST_FINDINGS) findings.add(finding);
        }
    }
}

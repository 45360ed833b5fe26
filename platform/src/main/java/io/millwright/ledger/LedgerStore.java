package io.millwright.ledger;

import java.io.ByteArrayOutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// The SQL of events and blocks. Prepared text rather than jOOQ: an event is written with every change.
final class LedgerStore {
    static final int LARGEST_BLOCK = 4096;

    private static final int BLOCKS_AT_ONCE = 64;
    private static final int BLOCKS_PRUNED_AT_ONCE = 250;
    private static final int EVENTS_PRUNED_AT_ONCE = 20_000;
    private static final String EVENT = "id, at, actor, request_id, workspace, type, entity, payload";
    private static final String SEALED = "select " + EVENT + ", digest, seq, block, position from ledger_events";
    private static final String BLOCK =
            "select number, previous_hash, merkle_root, event_count, sealed_at, hash, leaves, pruned_at"
                    + " from ledger_blocks";

    /// An event where it stands in the chain; `block` is 0 while it stands in none.
    record Sealed(Event event, Sha256 digest, long seq, long block, int position) {
        byte[] leaf() {
            return Event.leaf(seq, event.digest());
        }
    }

    /// A block as stored: what its row claims beside what its list of leaves gives.
    record StoredBlock(Block block, Sha256 hash, MerkleTree leaves, boolean pruned) {}

    /// Blocks without a gap and all events that claim to lie in them, both in order.
    record Stretch(List<StoredBlock> blocks, List<Sealed> events) {}

    /// The last block; `hash` is [Sha256#ZERO] before the first one.
    record Head(long block, Sha256 hash, long sealedAt) {}

    record Pruned(int blocks, long lastBlock, int events) {
        static final Pruned NOTHING = new Pruned(0, 0, 0);
    }

    /// What the latest event about retention says: all events up to this block were removed.
    ///
    /// @param block where that event itself stands; the greatest number while it stands in none
    record Removal(long block, long lastBlock) {
        static final Removal NONE = new Removal(0, 0);

        boolean accountsFor(long number) {
            return number <= lastBlock && number < block;
        }
    }

    void insert(Sql sql, Event event) {
        sql.update(
                "insert into ledger_events (" + EVENT + ", digest) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                event.id(),
                event.at().toEpochMilli(),
                event.actor(),
                event.requestId(),
                event.workspace(),
                event.type(),
                event.entity(),
                event.payload(),
                event.digest().bytes());
    }

    /// Closes the oldest unsealed events into one block; 0 when there are none or somebody else is sealing.
    int sealOneBlock(Sql sql, long now) {
        // Looked at first because a lock is a write.
        if (sql.query("select 1 from ledger_events where block is null limit 1", row -> 1)
                .isEmpty()) return 0;
        // A sealer that comes right after another one finds the row changed, and db.tx runs it again on what is left.
        Optional<Head> free = head(sql, " for update skip locked");
        if (free.isEmpty()) return 0;
        long[] seq = new long[LARGEST_BLOCK];
        var joined = new ByteArrayOutputStream();
        sql.scan(
                "select seq, digest from ledger_events where block is null order by seq limit " + LARGEST_BLOCK,
                row -> {
                    seq[joined.size() / Sha256.LENGTH] = row.getLong(1);
                    joined.writeBytes(Event.leaf(row.getLong(1), Sha256.stored(row.getBytes(2))));
                });
        int count = joined.size() / Sha256.LENGTH;
        if (count == 0) return 0;
        Head last = free.get();
        byte[] leaves = joined.toByteArray();
        Sha256 root = MerkleTree.ofHashes(leaves).root();
        // A clock set back does not make a block older than the one before it; retention goes by this time.
        Block block = new Block(last.block() + 1, last.hash(), root, count, Math.max(now, last.sealedAt()));
        insert(sql, block, leaves);
        assign(sql, block, seq);
        return count;
    }

    private void insert(Sql sql, Block block, byte[] leaves) {
        Sha256 hash = block.hash();
        sql.update(
                "insert into ledger_blocks (number, previous_hash, merkle_root, event_count, sealed_at, hash, leaves)"
                        + " values (?, ?, ?, ?, ?, ?, ?)",
                block.number(),
                block.previousHash().bytes(),
                block.merkleRoot().bytes(),
                block.count(),
                block.sealedAt(),
                hash.bytes(),
                leaves);
        sql.update(
                "update ledger_head set block = ?, hash = ?, sealed_at = ?",
                block.number(),
                hash.bytes(),
                block.sealedAt());
    }

    private void assign(Sql sql, Block block, long[] seq) {
        int[] position = new int[block.count()];
        long[] number = new long[block.count()];
        for (int i = 0; i < position.length; i++) position[i] = i;
        Arrays.fill(number, block.number());
        sql.insertColumns(
                "update ledger_events set block = ?, position = ? where seq = ?",
                "update ledger_events set block = u.b, position = u.p from unnest(?::bigint[], ?::int[], ?::bigint[])"
                        + " as u(b, p, s) where seq = u.s",
                block.count(),
                number,
                position,
                seq);
    }

    Optional<Head> head(Sql sql) {
        return head(sql, "");
    }

    private Optional<Head> head(Sql sql, String lock) {
        return sql
                .query("select block, hash, sealed_at from ledger_head" + (sql.isPostgres() ? lock : ""), row -> {
                    byte[] hash = row.getBytes(2);
                    return new Head(row.getLong(1), hash == null ? Sha256.ZERO : Sha256.stored(hash), row.getLong(3));
                })
                .stream()
                .findFirst();
    }

    /// Removes the events of the oldest blocks that still have theirs and were sealed before the instant: some of
    /// them, so that no single transaction keeps everybody waiting.
    Pruned prune(Sql sql, long before, long now) {
        head(sql, " for update"); // One at a time.
        record Kept(long number, long sealedAt, int events) {}
        List<Kept> kept = sql.query(
                "select number, sealed_at, event_count from ledger_blocks where pruned_at is null order by number"
                        + " limit "
                        + BLOCKS_PRUNED_AT_ONCE,
                row -> new Kept(row.getLong(1), row.getLong(2), row.getInt(3)));
        int blocks = 0;
        int listed = 0;
        while (blocks < kept.size() && kept.get(blocks).sealedAt() < before && listed < EVENTS_PRUNED_AT_ONCE) {
            listed += kept.get(blocks++).events();
        }
        if (blocks == 0) return Pruned.NOTHING;
        long first = kept.getFirst().number();
        long last = kept.get(blocks - 1).number();
        int events = sql.update("delete from ledger_events where block between ? and ?", first, last);
        sql.update(
                "update ledger_blocks set pruned_at = ? where number between ? and ? and pruned_at is null",
                now,
                first,
                last);
        return new Pruned(blocks, last, events);
    }

    Ledger.Prunable prunable(Sql sql, long before) {
        return sql.query(
                        "select count(*), coalesce(max(number), 0), coalesce(sum(event_count), 0) from ledger_blocks"
                                + " where pruned_at is null and sealed_at < ?",
                        row -> new Ledger.Prunable(row.getLong(1), row.getLong(2), row.getLong(3)),
                        before)
                .getFirst();
    }

    boolean isThere(Sql sql) {
        String table = sql.isPostgres()
                ? "select 1 where to_regclass('ledger_head') is not null"
                : "select 1 from sqlite_master where name = 'ledger_head'";
        return !sql.query(table, row -> 1).isEmpty();
    }

    /// Events that fulfil the filter, newest first.
    ///
    /// @param after the last one of the page before, or nothing
    List<RecordedEvent> search(Sql sql, EventFilter filter, Optional<Place> after, int limit) {
        EventFilter.Condition condition = filter.condition();
        List<Object> values = new ArrayList<>(condition.values());
        String seek = "";
        if (after.isPresent()) {
            seek = " and at <= ? and (at < ? or seq < ?)";
            values.addAll(
                    List.of(after.get().at(), after.get().at(), after.get().seq()));
        }
        values.add(limit);
        return sql.query(
                SEALED + " where " + condition.text() + seek + " order by at desc, seq desc limit ?",
                row -> {
                    Sealed found = readSealed(row);
                    return new RecordedEvent(found.event(), found.seq(), found.block(), found.position());
                },
                values.toArray());
    }

    /// Where a page of a search ended.
    record Place(long at, long seq) {}

    /// The first block with an event that fulfils the filter; the last block when there is none, 0 before the first.
    long firstBlockWith(Sql sql, EventFilter filter) {
        EventFilter.Condition condition = filter.condition();
        return sql.query(
                        "select coalesce((select min(block) from ledger_events where " + condition.text()
                                + "), (select block from ledger_head))",
                        row -> row.getLong(1),
                        condition.values().toArray())
                .getFirst();
    }

    /// The next blocks after a number, up to a gap, and what claims to lie in them: as many as fit into memory
    /// easily.
    Stretch stretchAfter(Sql sql, long number) {
        return stretchAfter(sql, number, EventFilter.ALL);
    }

    /// The same with only those events that fulfil the filter.
    Stretch stretchAfter(Sql sql, long number, EventFilter filter) {
        long last = lastOfStretchAfter(sql, number);
        List<StoredBlock> blocks = sql.query(
                BLOCK + " where number > ? and number <= ? order by number", LedgerStore::readBlock, number, last);
        if (blocks.isEmpty()) return new Stretch(List.of(), List.of());
        EventFilter.Condition condition = filter.condition();
        List<Object> values = new ArrayList<>(List.of(blocks.getFirst().block().number(), last));
        values.addAll(condition.values());
        List<Sealed> events = sql.query(
                SEALED + " where block between ? and ? and " + condition.text() + " order by block, position, seq",
                LedgerStore::readSealed,
                values.toArray());
        return new Stretch(blocks, events);
    }

    /// Decided by lengths alone: a tree is two hashes per leaf, too dear for a block that is then left for the next
    /// stretch.
    private static long lastOfStretchAfter(Sql sql, long number) {
        record Size(long number, long bytes) {}
        List<Size> next = sql.query(
                "select number, length(leaves) from ledger_blocks where number > ? order by number limit ?",
                row -> new Size(row.getLong(1), row.getLong(2)),
                number,
                BLOCKS_AT_ONCE);
        long last = number;
        long bytes = 0;
        for (Size block : next) {
            boolean gap = last != number && block.number() != last + 1;
            bytes += block.bytes();
            if (gap || (bytes > (long) LARGEST_BLOCK * Sha256.LENGTH && last != number)) break;
            last = block.number();
        }
        return last;
    }

    /// Events that claim to lie in a block of this range, first and last included.
    List<Sealed> eventsBetween(Sql sql, long first, long last, int limit) {
        return sql.query(
                SEALED + " where block between ? and ? order by block, position limit ?",
                LedgerStore::readSealed,
                first,
                last,
                limit);
    }

    private static StoredBlock readBlock(ResultSet row) throws SQLException {
        Block block = new Block(
                row.getLong(1),
                Sha256.stored(row.getBytes(2)),
                Sha256.stored(row.getBytes(3)),
                row.getInt(4),
                row.getLong(5));
        Sha256 hash = Sha256.stored(row.getBytes(6));
        MerkleTree leaves = MerkleTree.ofHashes(row.getBytes(7));
        boolean pruned = row.getObject(8) != null;
        return new StoredBlock(block, hash, leaves, pruned);
    }

    /// Events after a place in the chain, in sealed order.
    List<Sealed> sealedAfter(Sql sql, long block, int position, int limit) {
        return sql.query(
                SEALED + " where (block, position) > (?, ?) order by block, position limit ?",
                LedgerStore::readSealed,
                block,
                position,
                limit);
    }

    void eachUnsealed(Sql sql, Consumer<Sealed> visitor) {
        sql.scan(SEALED + " where block is null order by seq", row -> visitor.accept(readSealed(row)));
    }

    Optional<Removal> lastRemoval(Sql sql) {
        String one = "select payload, block, seq from ledger_events where entity = ? and type = ? and block is ";
        return sql
                .query(
                        "select payload, coalesce(block, 9223372036854775807) from (" + one + "not null union all "
                                + one + "null) e order by seq desc limit 1",
                        row -> new Removal(row.getLong(2), Ledger.lastBlockOf(row.getString(1))),
                        Ledger.ENTITY,
                        Ledger.PRUNED,
                        Ledger.ENTITY,
                        Ledger.PRUNED)
                .stream()
                .findFirst();
    }

    /// In sealed order, then what is not sealed yet.
    List<Event> eventsAbout(Sql sql, String entity) {
        String one = "select " + EVENT + ", block, position, seq from ledger_events where entity = ? and block is ";
        return sql.query(
                "select * from (" + one + "not null union all " + one
                        + "null) e order by coalesce(block, 9223372036854775807), position, seq",
                LedgerStore::readEvent,
                entity,
                entity);
    }

    List<Event> eventsAbout(Sql sql, Set<String> entities, Set<String> types) {
        String one = "select " + EVENT + " from ledger_events where entity in (" + marks(entities) + ") and type in ("
                + marks(types) + ") and block is ";
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            values.addAll(entities);
            values.addAll(types);
        }
        return sql.query(one + "not null union all " + one + "null", LedgerStore::readEvent, values.toArray());
    }

    /// The one that was written last.
    Optional<Event> latestAbout(Sql sql, String entity, String type) {
        String one = "select * from (select " + EVENT
                + ", seq from ledger_events where entity = ? and type = ? and block is %s order by seq desc limit 1) %s";
        return sql
                .query(
                        "select * from (" + one.formatted("not null", "s") + " union all " + one.formatted("null", "u")
                                + ") e order by seq desc limit 1",
                        LedgerStore::readEvent,
                        entity,
                        type,
                        entity,
                        type)
                .stream()
                .findFirst();
    }

    private static String marks(Set<String> values) {
        return String.join(", ", Collections.nCopies(values.size(), "?"));
    }

    Ledger.Chain chain(Sql sql) {
        Head head = head(sql).orElse(new Head(0, Sha256.ZERO, 0));
        long firstKept = sql.query(
                        "select coalesce(min(number), 0) from ledger_blocks where pruned_at is null",
                        row -> row.getLong(1))
                .getFirst();
        long unsealed = sql.query("select count(*) from ledger_events where block is null", row -> row.getLong(1))
                .getFirst();
        return new Ledger.Chain(
                head.block(),
                head.hash().toString(),
                head.block() == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(head.sealedAt())),
                firstKept == 0 ? head.block() : firstKept - 1,
                unsealed);
    }

    private static Sealed readSealed(ResultSet row) throws SQLException {
        return new Sealed(
                readEvent(row), Sha256.stored(row.getBytes(9)), row.getLong(10), row.getLong(11), row.getInt(12));
    }

    private static Event readEvent(ResultSet row) throws SQLException {
        return new Event(
                row.getString(1),
                Instant.ofEpochMilli(row.getLong(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.getString(8));
    }
}

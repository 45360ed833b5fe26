package io.millwright.ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One pass over the lines of an export: each event against its block, each block against its own hash and the block
/// before it. Memory of one line, of the positions in one block and of the gaps.
final class ExportCheck {
    private static final int MOST_FINDINGS = 100;
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HexFormat HEX = HexFormat.of();

    /// Blocks one after the other that have none of their events.
    private record Emptied(long first, long last) {}

    private final boolean whole;
    private final @Nullable String keptHead;
    private final List<String> findings = new ArrayList<>();
    private final Set<Integer> positions = new HashSet<>();
    private final List<Emptied> emptied = new ArrayList<>();
    private LedgerStore.Removal removal = LedgerStore.Removal.NONE;
    private @Nullable Block block;
    private Sha256 hash = Sha256.ZERO;
    private boolean keptHeadSeen;
    private long blocks;
    private long events;
    private long absentEvents;

    /// @param whole whether each block must have all its events, unless retention accounts for it
    /// @param keptHead the hash, in hex, of a block that must be in it or right before it
    ExportCheck(boolean whole, @Nullable String keptHead) {
        this.whole = whole;
        this.keptHead = keptHead;
    }

    LedgerExport.Report run(InputStream in) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            try {
                check(JSON.readTree(line)).ifPresent(this::found);
            } catch (JacksonException | IllegalArgumentException | ArithmeticException e) {
                found("line %d is not a line of an export: %s".formatted(number, e.getMessage()));
            }
        }
        endBlock();
        if (blocks == 0) found("there is no block in it");
        if (whole) checkEmptied();
        if (keptHead != null && !keptHeadSeen) {
            found(
                    ("no block has the hash %s, the head that was kept elsewhere: the export was made before that head, is"
                                    + " of another ledger, or the chain was cut off or rewritten")
                            .formatted(keptHead));
        }
        return new LedgerExport.Report(blocks, events, absentEvents, hash.toString(), List.copyOf(findings));
    }

    private Optional<String> check(JsonNode line) {
        return switch (text(line, "kind")) {
            case "block" -> checkBlock(line);
            case "event" -> checkEvent(line);
            case String kind -> Optional.of("a line is of the unknown kind '%s'".formatted(kind));
        };
    }

    private Optional<String> checkBlock(JsonNode line) {
        Block next = new Block(
                number(line, "number"),
                Sha256.parse(text(line, "previous_hash")),
                Sha256.parse(text(line, "merkle_root")),
                Math.toIntExact(number(line, "event_count")),
                number(line, "sealed_at"));
        Sha256 claimed = Sha256.parse(text(line, "hash"));
        Block last = block;
        Sha256 lastHash = hash;
        endBlock();
        block = next;
        hash = claimed;
        blocks++;
        if (last == null) keptHeadSeen = next.previousHash().toString().equals(keptHead);
        keptHeadSeen |= claimed.toString().equals(keptHead);
        if (!next.hash().equals(claimed)) {
            return Optional.of("block %d: its header was changed (hash differs)".formatted(next.number()));
        }
        if (last != null && next.number() != last.number() + 1) {
            return Optional.of("block %d follows block %d".formatted(next.number(), last.number()));
        }
        if ((last != null || next.number() == 1) && !next.previousHash().equals(lastHash)) {
            return Optional.of("block %d does not follow the block before it: its previous hash is another"
                    .formatted(next.number()));
        }
        return Optional.empty();
    }

    private Optional<String> checkEvent(JsonNode line) {
        Event event = new Event(
                text(line, "id"),
                Instant.ofEpochMilli(number(line, "at")),
                text(line, "actor"),
                text(line, "request_id"),
                text(line, "workspace"),
                text(line, "type"),
                text(line, "entity"),
                text(line, "payload"));
        int position = Math.toIntExact(number(line, "position"));
        byte[] leaf = Event.leaf(number(line, "seq"), event.digest());
        Block in = block;
        if (in == null || in.number() != number(line, "block")) {
            return Optional.of("event %s does not stand below its block".formatted(event.id()));
        }
        boolean first = positions.add(position); // Also of a changed event, which is then not missing as well.
        if (!MerkleTree.proves(leaf, position, in.count(), HEX.parseHex(text(line, "proof")), in.merkleRoot())) {
            return Optional.of("event %s (%s on %s) is not what block %d has at position %d"
                    .formatted(event.id(), event.type(), event.entity(), in.number(), position));
        }
        if (!first) return Optional.of("event %s is there twice".formatted(event.id()));
        events++;
        if (event.type().equals(Ledger.PRUNED) && event.entity().equals(Ledger.ENTITY)) {
            removal = new LedgerStore.Removal(in.number(), Ledger.lastBlockOf(event.payload()));
        }
        return Optional.empty();
    }

    private void endBlock() {
        Block ended = block;
        if (ended == null) return;
        int absent = Math.max(0, ended.count() - positions.size());
        absentEvents += absent;
        if (absent > 0 && positions.isEmpty()) {
            long first = ended.number();
            if (!emptied.isEmpty() && emptied.getLast().last() == first - 1) {
                first = emptied.removeLast().first();
            }
            emptied.add(new Emptied(first, ended.number()));
        } else if (absent > 0 && whole) {
            int missing = 0;
            while (positions.contains(missing)) missing++;
            found("block %d has %d events, and %d of them are missing, the first at position %d"
                    .formatted(ended.number(), ended.count(), absent, missing));
        }
        positions.clear();
    }

    private void checkEmptied() {
        for (Emptied gap : emptied) {
            long first = gap.first();
            while (first <= gap.last() && removal.accountsFor(first)) first++;
            if (first > gap.last()) continue;
            found(("%s lost all events, and no later %s event in the export accounts for it; right after retention"
                            + " that event may not have been sealed yet: export again")
                    .formatted(
                            first == gap.last() ? "block " + first : "blocks %d to %d".formatted(first, gap.last()),
                            Ledger.PRUNED));
        }
    }

    private static String text(JsonNode line, String field) {
        JsonNode value = line.path(field);
        if (!value.isString()) throw new IllegalArgumentException("no text in '" + field + "'");
        return value.asString();
    }

    private static long number(JsonNode line, String field) {
        JsonNode value = line.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new IllegalArgumentException("no whole number in '" + field + "'");
        }
        return value.asLong();
    }

    private void found(String finding) {
        if (findings.size() < MOST_FINDINGS) findings.add(finding);
    }
}

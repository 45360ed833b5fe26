package io.millwright.ledger;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The chain as lines of JSON that anybody can check without the database: one line for each block, and after it
/// one line for each of its events, with the sibling hashes that lead from the event to the block's Merkle root.
///
/// An excerpt checks as well: a block's line and the line of one of its events prove that event, for whoever
/// knows the block's hash; the lines of the blocks after it lead to the head.
///
/// ```
/// {"kind":"block","number":2,"previous_hash":"…","merkle_root":"…","event_count":3,"sealed_at":1767…,
///  "hash":"…"}
/// {"kind":"event","block":2,"position":0,"seq":17,"id":"…","at":1767225599731,"actor":"ann","request_id":"…",
///  "workspace":"default","type":"run.created","entity":"run:…","payload":"{…}","proof":"…"}
/// ```
public final class LedgerExport {
    private static final int MOST_FINDINGS = 100;
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HexFormat HEX = HexFormat.of();

    /// What a check found.
    ///
    /// @param events proven
    /// @param absentEvents that the blocks count and the export does not carry: pruned ones, or an excerpt's
    ///     others
    /// @param head the last block's hash, in hex: compare it with one known from elsewhere
    /// @param findings empty when everything in the export proves itself; else one sentence each, at most 100
    public record Report(long blocks, long events, long absentEvents, String head, List<String> findings) {
        public boolean holds() {
            return findings.isEmpty();
        }
    }

    private final Db db;
    private final LedgerStore store;

    LedgerExport(Db db, LedgerStore store) {
        this.db = db;
        this.store = store;
    }

    String write(OutputStream out) throws IOException {
        Writer lines = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        String head = Sha256.ZERO.toString();
        long number = 0;
        while (true) {
            long after = number;
            LedgerStore.Stretch next = db.read(sql -> store.stretchAfter(sql, after));
            if (next.blocks().isEmpty()) break;
            int row = 0;
            for (LedgerStore.StoredBlock stored : next.blocks()) {
                number = stored.block().number();
                writeLine(lines, blockLine(stored));
                for (; row < next.events().size() && next.events().get(row).block() == number; row++) {
                    writeLine(lines, eventLine(next.events().get(row), stored.leaves()));
                }
                head = stored.hash().toString();
            }
        }
        lines.flush();
        return head;
    }

    private static void writeLine(Writer lines, Map<String, Object> line) throws IOException {
        lines.write(JSON.writeValueAsString(line));
        lines.write('\n');
    }

    private static Map<String, Object> blockLine(LedgerStore.StoredBlock stored) {
        Block block = stored.block();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("kind", "block");
        line.put("number", block.number());
        line.put("previous_hash", block.previousHash().toString());
        line.put("merkle_root", block.merkleRoot().toString());
        line.put("event_count", block.count());
        line.put("sealed_at", block.sealedAt());
        line.put("hash", stored.hash().toString());
        return line;
    }

    private static Map<String, Object> eventLine(LedgerStore.Sealed row, MerkleTree leaves) {
        Event event = row.event();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("kind", "event");
        line.put("block", row.block());
        line.put("position", row.position());
        line.put("seq", row.seq());
        line.put("id", event.id());
        line.put("at", event.at().toEpochMilli());
        line.put("actor", event.actor());
        line.put("request_id", event.requestId());
        line.put("workspace", event.workspace());
        line.put("type", event.type());
        line.put("entity", event.entity());
        line.put("payload", event.payload()); // As text: the hash is over exactly this.
        boolean listed = row.position() >= 0 && row.position() < leaves.size();
        line.put("proof", listed ? HEX.formatHex(leaves.proof(row.position())) : "");
        return line;
    }

    /// Checks an export or an excerpt of one: each event against its block, each block against its own hash and
    /// the block before it. One pass; memory of one line and of the positions in one block.
    public static Report check(InputStream in) throws IOException {
        return new Check().run(in);
    }

    private static final class Check {
        private final List<String> findings = new ArrayList<>();
        private final Set<Integer> positions = new HashSet<>();
        private @Nullable Block block;
        private Sha256 hash = Sha256.ZERO;
        private long blocks;
        private long events;
        private long absentEvents;

        Report run(InputStream in) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                try {
                    check(JSON.readTree(line)).ifPresent(this::found);
                } catch (JacksonException | IllegalArgumentException e) {
                    found("line %d is not a line of an export: %s".formatted(number, e.getMessage()));
                }
            }
            if (blocks == 0) found("there is no block in it");
            endBlock();
            return new Report(blocks, events, absentEvents, hash.toString(), List.copyOf(findings));
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
            byte[] proof = HEX.parseHex(text(line, "proof"));
            Block in = block;
            if (in == null || in.number() != number(line, "block")) {
                return Optional.of("event %s does not stand below its block".formatted(event.id()));
            }
            if (!MerkleTree.proves(leaf, position, in.count(), proof, in.merkleRoot())) {
                return Optional.of("event %s (%s on %s) is not what block %d has at position %d"
                        .formatted(event.id(), event.type(), event.entity(), in.number(), position));
            }
            if (!positions.add(position)) return Optional.of("event %s is there twice".formatted(event.id()));
            events++;
            return Optional.empty();
        }

        private void endBlock() {
            if (block != null) absentEvents += block.count() - positions.size();
            positions.clear();
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
}

package io.millwright.ledger;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HexFormat HEX = HexFormat.of();

    /// What an export holds.
    ///
    /// @param head the last block's hash, in hex: keep it elsewhere, for whoever checks the export
    public record Written(long blocks, long events, String head) {}

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

    Written write(OutputStream out, long firstBlock) throws IOException {
        Writer lines = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        Written written = write(
                line -> {
                    lines.write(line);
                    lines.write('\n');
                },
                firstBlock,
                EventFilter.ALL);
        lines.flush();
        return written;
    }

    /// Takes the lines one after the other.
    @FunctionalInterface
    public interface Lines {
        void accept(String line) throws IOException;
    }

    /// An excerpt: all blocks from the first on, so that the chain leads to the head, and of their events those that
    /// fulfil the filter.
    Written write(Lines lines, long firstBlock, EventFilter filter) throws IOException {
        String head = Sha256.ZERO.toString();
        long number = firstBlock - 1;
        long blocks = 0;
        long events = 0;
        while (true) {
            long after = number;
            LedgerStore.Stretch next = db.read(sql -> store.stretchAfter(sql, after, filter));
            if (next.blocks().isEmpty()) break;
            int row = 0;
            for (LedgerStore.StoredBlock stored : next.blocks()) {
                number = stored.block().number();
                lines.accept(JSON.writeValueAsString(blockLine(stored)));
                blocks++;
                for (; row < next.events().size() && next.events().get(row).block() == number; row++) {
                    lines.accept(JSON.writeValueAsString(eventLine(next.events().get(row), stored.leaves())));
                    events++;
                }
                head = stored.hash().toString();
            }
        }
        return new Written(blocks, events, head);
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

    /// Checks an export, the whole or from some block on: that everything in it proves itself, and that no block
    /// lacks an event unless a later event in it accounts for that. One pass.
    ///
    /// @param keptHead a head known from elsewhere, in hex: that of a block in it, or of the one it continues from
    public static Report check(InputStream in, @Nullable String keptHead) throws IOException {
        return new ExportCheck(true, keptHead).run(in);
    }

    /// The same for lines taken out of an export, where events may be left out.
    public static Report checkExcerpt(InputStream in, @Nullable String keptHead) throws IOException {
        return new ExportCheck(false, keptHead).run(in);
    }
}

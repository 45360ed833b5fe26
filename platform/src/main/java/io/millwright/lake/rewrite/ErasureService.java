package io.millwright.lake.rewrite;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.CONFLICT;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.lake.Folders;
import io.millwright.lake.query.QueryService;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.Erasures;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.iceberg.DataFile;

/// Erases the rows of somebody who must be forgotten from all versions of a dataset.
final class ErasureService {
    /// Each is as long as it takes to look into what others have appended meanwhile.
    private static final int MOST_ROUNDS = 50;
    private static final int MOST_WAITS = 300;
    private static final int LONGEST_WHERE = 10_000;
    private static final int LONGEST_REASON = 1_000;
    private static final String HMAC = "HmacSHA256";

    private final TableService tables;
    private final Erasures erasures;
    private final QueryService queries;
    private final SecureRandom random = new SecureRandom();

    ErasureService(TableService tables, Erasures erasures, QueryService queries) {
        this.tables = tables;
        this.erasures = erasures;
        this.queries = queries;
    }

    /// @param where an expression over the columns that the rows have today, true for those to erase
    /// @param reason told in the ledger, where the expression is not: it would say what was to be forgotten
    record Wish(String where, String reason) {
        Wish {
            if (where.isBlank() || where.length() > LONGEST_WHERE) {
                throw INVALID_ARGUMENT.because(
                        "'where' has %d characters, expected a condition such as citizen_id = 4711, of at most %d.",
                        where.length(), LONGEST_WHERE);
            }
            if (reason.isBlank() || reason.length() > LONGEST_REASON || reason.indexOf('\0') >= 0) {
                throw INVALID_ARGUMENT.because(
                        "'reason' has %d characters, expected why the rows are erased, such as the number of the request,"
                                + " of at most %d.",
                        reason.length(), LONGEST_REASON);
            }
        }
    }

    /// @param rows in all files that had them; a row that was rewritten counts once for each
    /// @param files data files that had them
    /// @param receipt the key under which the digest in the ledger was made of the condition: whoever has both
    ///     can prove that the erasure was this one; empty when nothing was erased
    record Erased(long rows, int files, Erasures.Done done, String receipt) {}

    /// What there is to erase.
    private record Found(Erasures.Plan plan, Set<String> having, long rows) {}

    /// Refuses who may not, and what cannot be, before the work begins.
    void require(DatasetName name) {
        erasures.plan(name);
    }

    Erased preview(DatasetName name, Wish wish, LongConsumer looked) {
        Found found = find(name, wish, new HashMap<>(), looked);
        return new Erased(found.rows(), found.having().size(), erasures.preview(found.plan(), found.having()), "");
    }

    /// @param looked told how many files were looked into so far
    Erased erase(DatasetName name, Wish wish, LongConsumer looked) {
        Map<String, Long> counts = new HashMap<>();
        Map<TableScan.ScanFile, Optional<DataFile>> rests = new HashMap<>();
        Path folder = tables.scratch().resolve("erasure-" + UUID.randomUUID());
        try {
            Files.createDirectories(folder);
            for (int round = 1; ; round++) {
                Found found = find(name, wish, counts, looked);
                if (found.having().isEmpty()) {
                    return new Erased(0, 0, new Erasures.Done(List.of(), List.of(), 0), "");
                }
                erasures.preview(found.plan(), found.having()); // A hold is told before anything is written.
                rewrite(found, wish, rests, folder);
                Optional<Erased> erased = commit(found, wish, rests, round < MOST_ROUNDS);
                if (erased.isEmpty()) continue;
                rests.clear(); // They are the dataset's.
                return erased.get();
            }
        } catch (Failure e) {
            // Whether a database that went silent has committed, nobody knows: the files must stay.
            if (e.code() == UNAVAILABLE) rests.clear();
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            rests.values().forEach(rest -> rest.ifPresent(erasures::discard));
            Folders.remove(folder);
        }
    }

    /// Other queries may have all turns for a while.
    private static <T> T inTurn(Supplier<T> question) {
        for (int time = 1; ; time++) {
            try {
                return question.get();
            } catch (Failure e) {
                if (e.code() != BUSY || time == MOST_WAITS) throw e;
                LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
            }
        }
    }

    private Found find(DatasetName name, Wish wish, Map<String, Long> counts, LongConsumer looked) {
        Erasures.Plan plan = erasures.plan(name);
        TableScan all = plan.all();
        Set<String> having = new HashSet<>();
        long rows = 0;
        for (TableScan.ScanFile file : all.files()) {
            long count = counts.computeIfAbsent(
                    file.location(), location -> inTurn(() -> queries.countWhere(all.of(file), wish.where())));
            looked.accept(counts.size());
            if (count == 0) continue;
            rows += count;
            having.add(file.location());
        }
        return new Found(plan, having, rows);
    }

    private void rewrite(Found found, Wish wish, Map<TableScan.ScanFile, Optional<DataFile>> rests, Path folder) {
        for (Erasures.Named named : found.plan().named()) {
            for (TableScan.ScanFile file : named.scan().files()) {
                if (!found.having().contains(file.location())) continue;
                rests.computeIfAbsent(file, one -> {
                    Path target = folder.resolve(UUID.randomUUID() + ".parquet");
                    TableScan alone = found.plan().all().of(List.of(one));
                    var metrics = inTurn(() -> queries.writeWhereNot(alone, wish.where(), target));
                    return erasures.place(found.plan(), target, metrics);
                });
            }
        }
    }

    /// @return absent when another commit came first
    private Optional<Erased> commit(
            Found found, Wish wish, Map<TableScan.ScanFile, Optional<DataFile>> rests, boolean again) {
        byte[] key = new byte[32];
        random.nextBytes(key);
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("reason", wish.reason());
        told.put("rows", found.rows());
        told.put("files", found.having().size());
        told.put("where_hmac_sha256", hmac(key, wish.where()));
        try {
            Erasures.Done done = erasures.erase(found.plan(), found.having(), rests, "erasure: " + wish.reason(), told);
            return Optional.of(new Erased(
                    found.rows(), found.having().size(), done, HexFormat.of().formatHex(key)));
        } catch (Failure e) {
            if (e.code() == CONFLICT && again) return Optional.empty();
            throw e;
        }
    }

    private static String hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key, HMAC));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every Java has it.
        }
    }
}

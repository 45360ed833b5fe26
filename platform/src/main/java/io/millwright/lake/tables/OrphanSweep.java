package io.millwright.lake.tables;

import io.millwright.kernel.Failure;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes away files that nothing names any more, and dropped tables for good. Any number may run at once, beside
/// any number of commits.
///
/// A file is looked at before the metadata is that might name it, and only one older than a day is taken: a commit
/// writes its files, then its metadata, so a file that is unnamed a day after it was written belongs to a commit that
/// died, or that has taken longer than a day.
final class OrphanSweep {
    static final Duration YOUNGEST = Duration.ofDays(1);
    /// A table's folder, below the warehouse's root; what lies elsewhere is nobody's business here.
    private static final Pattern TABLE = Pattern.compile("([^/.][^/]*/[^/]+/[^/]+-[0-9a-f]{8})/.+");

    private static final int PAGE = 200;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TableCommits commits;
    private final Warehouse warehouse;
    private final TableStore tables = new TableStore();
    private final PinStore pins = new PinStore();

    OrphanSweep(Db db, Ledger ledger, Clock clock, TableCommits commits, Warehouse warehouse) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.commits = commits;
        this.warehouse = warehouse;
    }

    /// In the context of the workspace. The row goes first: from then on no commit and nobody who restores can come
    /// to the files, so they may go at leisure, or as orphans.
    void purge(String workspace, Duration age, boolean dryRun, Upkeep.Tally tally, Consumer<String> progress) {
        Instant before = clock.instant().minus(age);
        String after = "";
        List<TableStore.Row> page;
        do {
            String from = after;
            page = db.read(sql -> tables.droppedBefore(sql, workspace, before, from, PAGE));
            for (TableStore.Row row : page) {
                after = row.id();
                purge(row, dryRun, tally);
                progress.accept(row.name().toString());
            }
        } while (page.size() == PAGE);
    }

    private void purge(TableStore.Row row, boolean dryRun, Upkeep.Tally tally) {
        List<Pin> held = db.read(sql -> pins.of(sql, row.id()));
        boolean removes = held.isEmpty() && (dryRun || remove(row));
        if (!removes) {
            if (!held.isEmpty()) {
                tally.left.add("%s: it is in the trash and stays, pinned by the %s."
                        .formatted(row.name(), held.getFirst().describe()));
            }
            return;
        }
        tally.datasets++;
        warehouse.walk(row.location(), (location, bytes, modifiedAt) -> {
            tally.files++;
            tally.bytes += bytes;
            if (!dryRun) warehouse.delete(location);
        });
    }

    private boolean remove(TableStore.Row row) {
        return db.tx(sql -> {
            tables.touch(sql, row.id(), clock.instant());
            if (!pins.of(sql, row.id()).isEmpty() || !tables.remove(sql, row.id())) return false;
            ledger.append(sql, "dataset.purged", row.name().urn(), Map.of("table_id", row.id()));
            return true;
        });
    }

    void orphans(Optional<String> workspace, boolean dryRun, Upkeep.Tally tally) {
        String root = workspace.map(commits::workspaceRoot).orElseGet(warehouse::root);
        Instant before = clock.instant().minus(YOUNGEST);
        Map<String, Long> old = new HashMap<>();
        String[] folder = {""};
        // A table's files come one after the other, so only those of one are held at a time.
        warehouse.walk(root, (location, bytes, modifiedAt) -> {
            Matcher inTable = TABLE.matcher(location.substring(warehouse.root().length() + 1));
            if (!inTable.matches() || !modifiedAt.isBefore(before)) return;
            if (!inTable.group(1).equals(folder[0])) {
                sweep(folder[0], old, dryRun, tally);
                folder[0] = inTable.group(1);
            }
            old.put(location, bytes);
        });
        sweep(folder[0], old, dryRun, tally);
    }

    private void sweep(String folder, Map<String, Long> old, boolean dryRun, Upkeep.Tally tally) {
        if (old.isEmpty()) return;
        String location = warehouse.root() + "/" + folder;
        Optional<TableStore.Row> row = db.read(sql -> tables.at(sql, location));
        try {
            if (row.isPresent()) {
                NamedFiles named = NamedFiles.of(row.get(), commits);
                old.keySet().removeIf(named::contains);
            }
            old.forEach((file, bytes) -> {
                tally.orphans++;
                tally.orphanBytes += bytes;
                if (!dryRun) warehouse.delete(file);
            });
        } catch (Failure e) {
            // What it names is not known, so nothing of it is taken.
            tally.left.add("%s: %s".formatted(row.orElseThrow().name(), e.message()));
        } finally {
            old.clear();
        }
    }

    /// What writers left behind that died.
    void scratch(boolean dryRun, Upkeep.Tally tally) {
        Instant before = clock.instant().minus(YOUNGEST);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(warehouse.scratch(), Files::isRegularFile)) {
            for (Path file : files) {
                if (!Files.getLastModifiedTime(file).toInstant().isBefore(before)) continue;
                tally.orphans++;
                tally.orphanBytes += Files.size(file);
                if (!dryRun) Files.deleteIfExists(file);
            }
        } catch (java.nio.file.NoSuchFileException e) {
            // Another sweep was first.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

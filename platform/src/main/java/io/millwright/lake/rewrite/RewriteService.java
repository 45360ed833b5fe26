package io.millwright.lake.rewrite;

import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.Folders;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.CommitNote;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;

/// Makes large files of small ones, without the rows that delete files take away. The rows of the dataset stay the
/// same.
final class RewriteService {
    static final long TARGET_BYTES = 256L << 20;

    private final TableService tables;
    private final Rewriter rewriter;

    RewriteService(TableService tables, Rewriter rewriter) {
        this.tables = tables;
        this.rewriter = rewriter;
    }

    /// @param version absent when there was nothing to do
    record Compaction(
            Optional<DatasetVersion> version, long filesBefore, long filesAfter, long bytesBefore, long bytesAfter) {}

    /// The latest version of main, as Iceberg has its files.
    private record Now(
            Table table, long snapshot, long sequence, Map<String, DataFile> data, List<DeleteFile> deletes) {}

    void require(DatasetName name) {
        RequestContext.current().require(Right.WRITE, name.urn(), name.parents());
    }

    /// @param targetBytes a file below half of it is small
    /// @param done told how many files were written so far
    /// @throws io.millwright.kernel.Failure CONFLICT when somebody else has changed these files meanwhile
    Compaction compact(DatasetName name, long targetBytes, LongConsumer done) {
        require(name);
        TableScan scan = tables.scan(name, new At.Latest());
        long bytes = scan.bytes();
        List<List<TableScan.ScanFile>> groups = groups(scan, targetBytes);
        if (groups.isEmpty()) {
            return new Compaction(
                    Optional.empty(), scan.files().size(), scan.files().size(), bytes, bytes);
        }
        Now now = now(name, scan);
        if (now.table().spec().isPartitioned()) {
            throw UNSUPPORTED.because(
                    "'%s' is partitioned, and Millwright rewrites tables that are not. Use Spark's rewrite_data_files.",
                    name);
        }
        Path folder = tables.scratch().resolve("rewrite-" + UUID.randomUUID());
        try {
            List<Rewriter.Written> written = new ArrayList<>();
            Set<String> old = new HashSet<>();
            for (List<TableScan.ScanFile> group : groups) {
                written.addAll(DuckThread.call("rewrite", () -> rewriter.write(scan, group, folder)));
                group.forEach(file -> old.add(file.location()));
                done.accept(written.size());
            }
            Optional<DatasetVersion> version = commit(name, now, old, written);
            TableScan after = tables.scan(name, new At.Latest());
            return new Compaction(version, scan.files().size(), after.files().size(), bytes, after.bytes());
        } finally {
            Folders.remove(folder);
        }
    }

    /// Files that are worth it, together up to the target.
    private static List<List<TableScan.ScanFile>> groups(TableScan scan, long targetBytes) {
        List<List<TableScan.ScanFile>> groups = new ArrayList<>();
        List<TableScan.ScanFile> open = new ArrayList<>();
        long size = 0;
        for (TableScan.ScanFile file : scan.files()) {
            if (file.bytes() >= targetBytes / 2 && file.deletes().isEmpty()) continue;
            if (size + file.bytes() > targetBytes && !open.isEmpty()) {
                groups.add(List.copyOf(open));
                open.clear();
                size = 0;
            }
            open.add(file);
            size += file.bytes();
        }
        if (!open.isEmpty()) groups.add(open);
        groups.removeIf(group -> group.size() == 1 && group.getFirst().deletes().isEmpty());
        return groups;
    }

    private Now now(DatasetName name, TableScan scan) {
        Table table = tables.table(name);
        long snapshot = scan.version().orElseThrow().snapshotId();
        Map<String, DataFile> data = new HashMap<>();
        Map<String, DeleteFile> deletes = new HashMap<>();
        try (CloseableIterable<FileScanTask> tasks =
                table.newScan().useSnapshot(snapshot).planFiles()) {
            for (FileScanTask task : tasks) {
                data.put(task.file().location(), task.file());
                task.deletes().forEach(delete -> deletes.put(delete.location(), delete));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Now(table, snapshot, table.snapshot(snapshot).sequenceNumber(), data, List.copyOf(deletes.values()));
    }

    /// What others have appended meanwhile stays; what they have deleted from these files makes it fail.
    private Optional<DatasetVersion> commit(
            DatasetName name, Now now, Set<String> old, List<Rewriter.Written> written) {
        CommitNote note = new CommitNote("compaction of " + old.size() + " files", List.of());
        return tables.commit(name, note, transaction -> {
            RewriteFiles rewrite = transaction
                    .newRewrite()
                    .validateFromSnapshot(now.snapshot())
                    .dataSequenceNumber(now.sequence());
            for (String location : old) rewrite.deleteFile(now.data().get(location));
            now.deletes().forEach(rewrite::deleteFile);
            for (Rewriter.Written one : written) {
                if (one.metrics().recordCount() > 0)
                    rewrite.addFile(tables.place(transaction.table(), one.path(), one.metrics()));
            }
            rewrite.commit();
        });
    }
}

package io.millwright.lake.tables;

import java.nio.file.Path;
import java.time.Instant;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/// Where the files of all tables lie. A location is an absolute URL under [#root].
///
/// A location that leads out of the warehouse, by `..`, by a link or by being elsewhere, is INVALID_ARGUMENT
/// everywhere; a warehouse that cannot be read or written is UNAVAILABLE.
sealed interface Warehouse extends AutoCloseable permits FolderWarehouse, S3Warehouse {
    /// `file:///…/lake` or `s3://bucket/prefix`, without a slash at the end.
    String root();

    InputFile input(String location);

    /// What is written appears under its location as a whole, flushed to disk, or not at all.
    OutputFile output(String location);

    void delete(String location);

    /// The file where this process can read it. On S3 it is fetched into a bounded cache, and stays there
    /// while the lease is open.
    Lease local(String location, long bytes);

    /// A folder for files that are written before they are placed, on the same disk as a local warehouse.
    Path scratch();

    /// Moves a finished file of [#scratch] to its location, flushed.
    void place(Path written, String location);

    /// Walks all files under a location.
    void walk(String under, Visitor visitor);

    void ping();

    @Override
    void close();

    /// Sees one file.
    @FunctionalInterface
    interface Visitor {
        void visit(String location, long bytes, Instant modifiedAt);
    }

    /// A file that stays readable until this is closed.
    interface Lease extends AutoCloseable {
        Path path();

        @Override
        void close();
    }
}

package io.millwright.runtime.read;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.FileMetaData;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A folder Spark wrote: `metadata/part-*` with a line of JSON, and Parquet files beside it. Nothing
/// outside it is read, whatever its links and names say.
final class SparkFolder {
    /// Parts of one table.
    private static final int MAX_PARTS = 10_000;

    /// What one table may grow to when it is decompressed, and its rows.
    private static final long MAX_TABLE_BYTES = 1L << 30;

    private static final long MAX_ROWS = 50_000_000;

    private final Path root;
    private final Path path;

    private SparkFolder(Path root, Path path) {
        this.root = root;
        this.path = path;
    }

    static SparkFolder open(Path folder) {
        try {
            Path real = folder.toRealPath();
            return new SparkFolder(real, real);
        } catch (IOException e) {
            throw new UnreadableModel("the model's folder '%s' cannot be opened".formatted(folder.getFileName()), e);
        }
    }

    /// A folder in it.
    SparkFolder folder(String name) {
        return new SparkFolder(root, inside(path.resolve(name)));
    }

    /// What Spark says of the stage: class, parameters, sizes.
    Document metadata() {
        List<Path> parts = parts("metadata");
        for (Path part : parts) {
            String text = Files.text(part).strip();
            if (!text.isEmpty()) return JsonDocument.read(text.getBytes(StandardCharsets.UTF_8));
        }
        throw new UnreadableModel("'%s/metadata' says nothing: it is no folder of a Spark ML model".formatted(name()));
    }

    /// The only row of a table.
    void row(String table, Consumer<SparkRow> reader) {
        int[] count = {0};
        rows(table, row -> {
            if (count[0]++ == 0) reader.accept(row);
        });
        if (count[0] != 1) {
            throw new UnreadableModel("'%s/%s' has %d rows, expected 1".formatted(name(), table, count[0]));
        }
    }

    /// Hands each row of a table on; a row may not be kept.
    void rows(String table, Consumer<SparkRow> reader) {
        long left = MAX_TABLE_BYTES;
        for (Path part : parts(table)) left = read(part, left, reader);
    }

    private long read(Path part, long left, Consumer<SparkRow> reader) {
        byte[] bytes = Files.bytes(part);
        try (ParquetFileReader file = ParquetFileReader.open(InputFile.of(ByteBuffer.wrap(bytes)))) {
            FileMetaData about = file.getFileMetaData();
            long size = 0;
            for (RowGroup group : about.rowGroups()) {
                for (ColumnChunk column : group.columns())
                    size += column.metaData().totalUncompressedSize();
            }
            if (size > left || about.numRows() > MAX_ROWS) {
                throw new UnreadableModel("'%s' has %d rows of %d bytes; of a table at most %d rows of %d are read"
                        .formatted(part.getFileName(), about.numRows(), size, MAX_ROWS, MAX_TABLE_BYTES));
            }
            try (RowReader rows = file.rowReader()) {
                while (rows.hasNext()) {
                    rows.next();
                    reader.accept(new SparkRow(rows));
                }
            }
            return left - size;
        } catch (UnreadableModel e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The library tells damage in exceptions of many types.
            throw new UnreadableModel(
                    "'%s' is damaged, or not what Spark writes there: %s".formatted(part.getFileName(), e.getMessage()),
                    e);
        }
    }

    private List<Path> parts(String table) {
        Path folder = inside(path.resolve(table));
        try (Stream<Path> files = java.nio.file.Files.list(folder)) {
            List<Path> parts = files.filter(
                            each -> each.getFileName().toString().startsWith("part-"))
                    .sorted()
                    .limit(MAX_PARTS + 1L)
                    .map(this::inside)
                    .toList();
            if (parts.isEmpty() || parts.size() > MAX_PARTS) {
                throw new UnreadableModel("'%s/%s' has %s parts, expected 1 to %d"
                        .formatted(name(), table, parts.isEmpty() ? "no" : "too many", MAX_PARTS));
            }
            return parts;
        } catch (IOException e) {
            throw new UnreadableModel("'%s/%s' cannot be read".formatted(name(), table), e);
        }
    }

    private Path inside(Path wanted) {
        Path real;
        try {
            real = wanted.toRealPath();
        } catch (IOException e) {
            throw new UnreadableModel(
                    "'%s/%s' is missing: it is no folder of a Spark ML model, or not all of one"
                            .formatted(name(), wanted.getFileName()),
                    e);
        }
        if (!wanted.normalize().startsWith(root) || !real.startsWith(root)) {
            throw new UnreadableModel(
                    "'%s/%s' leads out of the model's folder".formatted(name(), wanted.getFileName()));
        }
        return real;
    }

    private String name() {
        return path.equals(root)
                ? String.valueOf(root.getFileName())
                : root.relativize(path).toString();
    }
}

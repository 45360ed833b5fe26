package io.millwright.lake.profiles;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/// What a data file holds, or several together; columns by field id.
final class FileProfile {
    private static final int FORMAT = 0x4d575031;

    private final Map<Integer, ColumnProfile> columns = new TreeMap<>();
    private final Correlations correlations = new Correlations();
    private long rows;

    long rows() {
        return rows;
    }

    Map<Integer, ColumnProfile> columns() {
        return columns;
    }

    Correlations correlations() {
        return correlations;
    }

    void addRows(long more) {
        rows += more;
    }

    /// Takes another part in. A column that one part does not have counts as nulls there.
    void merge(FileProfile other) {
        other.columns.forEach((id, column) -> {
            ColumnProfile mine = columns.get(id);
            if (mine == null) {
                mine = new ColumnProfile(column.kind());
                mine.addNulls(rows);
                columns.put(id, mine);
            }
            mine.merge(column);
        });
        columns.forEach((id, column) -> {
            if (!other.columns.containsKey(id)) column.addNulls(other.rows);
        });
        correlations.merge(other.correlations);
        rows += other.rows;
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out =
                new DataOutputStream(new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_SPEED), 64 * 1024))) {
            out.writeInt(FORMAT);
            out.writeLong(rows);
            out.writeInt(columns.size());
            for (Map.Entry<Integer, ColumnProfile> column : columns.entrySet()) {
                out.writeInt(column.getKey());
                column.getValue().write(out);
            }
            correlations.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// @throws IOException when it is none of ours
    static FileProfile of(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
            if (in.readInt() != FORMAT) throw new IOException("no profile, or one of another version");
            FileProfile profile = new FileProfile();
            profile.rows = in.readLong();
            for (int left = in.readInt(); left > 0; left--) profile.columns.put(in.readInt(), ColumnProfile.read(in));
            profile.correlations.merge(Correlations.read(in));
            return profile;
        }
    }
}

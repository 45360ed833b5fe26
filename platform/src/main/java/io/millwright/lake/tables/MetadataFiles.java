package io.millwright.lake.tables;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.util.JsonUtil;

/// Metadata as JSON, made once: a commit writes it to the file and answers with it, and whoever loads the table
/// next gets it, too. That of a thousand versions takes half a megabyte, and longer to make than all the rest of a
/// commit.
final class MetadataFiles {
    private static final long MOST_BYTES = 16 << 20;

    private final Recent<byte[]> made = new Recent<>(MOST_BYTES, json -> json.length);

    /// Writes a new file.
    ///
    /// @param version of the metadata; part of its name
    /// @return its location
    String write(FileIO io, int version, TableMetadata metadata) {
        String codec =
                metadata.property(TableProperties.METADATA_COMPRESSION, TableProperties.METADATA_COMPRESSION_DEFAULT);
        String folder = metadata.property(TableProperties.WRITE_METADATA_LOCATION, metadata.location() + "/metadata");
        String location = "%s/%05d-%s%s"
                .formatted(folder, version, UUID.randomUUID(), TableMetadataParser.getFileExtension(codec));
        byte[] json = json(metadata);
        boolean zips = codec.equalsIgnoreCase("gzip");
        try (OutputStream file = io.newOutputFile(location).create();
                OutputStream out = zips ? new GZIPOutputStream(file, 64 * 1024) : file) {
            out.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("Failed to write json to file: " + location, e);
        }
        made.put(location, json);
        return location;
    }

    /// @param location of the file that it is in
    byte[] json(String location, TableMetadata metadata) {
        return made.get(location, () -> json(metadata));
    }

    private static byte[] json(TableMetadata metadata) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
        try (JsonGenerator generator = JsonUtil.factory().createGenerator(out)) {
            TableMetadataParser.toJson(metadata, generator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}

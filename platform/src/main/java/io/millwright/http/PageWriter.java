package io.millwright.http;

import io.millwright.kernel.Page;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/// Writes a long list of an answer while it is read: a client may ask for 50,000 at once, which nobody needs to hold in
/// memory. Each stretch is read at a moment of its own; since pages seek, nothing comes twice.
public final class PageWriter {
    private static final int AT_ONCE = 1000;

    /// Reads a page.
    @FunctionalInterface
    public interface Source<T> {
        Page<T> read(int size, Optional<String> token);
    }

    private PageWriter() {}

    /// Writes an object of the list, left out when it is empty, and `next_page_token` when there is more.
    ///
    /// @param size as the client asked; when it is none the source refuses it
    public static <T> void write(
            JsonGenerator json,
            String name,
            int size,
            Optional<String> token,
            Source<T> source,
            Consumer<List<T>> writeAll) {
        Page<T> page = source.read(Math.min(size, AT_ONCE), token);
        json.writeStartObject();
        if (!page.items().isEmpty()) {
            json.writeName(name).writeStartArray();
            writeAll.accept(page.items());
            int left = size - page.items().size();
            while (left > 0 && page.nextToken().isPresent()) {
                page = source.read(Math.min(left, AT_ONCE), page.nextToken());
                writeAll.accept(page.items());
                left -= page.items().size();
            }
            json.writeEndArray();
        }
        page.nextToken().ifPresent(next -> json.writeStringProperty("next_page_token", next));
        json.writeEndObject();
    }
}

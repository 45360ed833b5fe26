package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.RANGE_NOT_SATISFIABLE;

import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Reply;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The answer to a download: whole, in part, or not again. Always an attachment, so that a browser never shows
/// on this server's origin what somebody uploaded.
public final class ArtifactDownload {
    private ArtifactDownload() {}

    public static Reply of(Call call, ArtifactContent content) throws IOException {
        String etag = '"' + content.tag() + '"';
        if (call.header("if-none-match").filter(tags -> names(tags, etag)).isPresent()) {
            return Reply.noContent(304).with("etag", etag);
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("content-type", MediaTypes.of(content.name()));
        headers.put("content-disposition", disposition(content.name()));
        headers.put("x-content-type-options", "nosniff");
        headers.put("accept-ranges", "bytes");
        headers.put("etag", etag);
        long size = content.sizeBytes();
        // A range of what has changed since is no use to the client: it gets the whole.
        Optional<String> range = call.header("range")
                .filter(r -> call.header("if-range").map(etag::equals).orElse(true));
        return switch (range.map(r -> ByteRange.of(r, size)).orElseGet(ByteRange.Whole::new)) {
            case ByteRange.Whole() -> new Reply(200, headers, new Reply.Body.Channel(content.channel(0, size), size));
            case ByteRange.Part part -> {
                headers.put("content-range", "bytes %d-%d/%d".formatted(part.from(), part.to(), size));
                yield new Reply(
                        206,
                        headers,
                        new Reply.Body.Channel(content.channel(part.from(), part.length()), part.length()));
            }
            case ByteRange.Unsatisfiable() ->
                Dialect.ofPath(call.rawPath())
                        .render(
                                RANGE_NOT_SATISFIABLE.because(
                                        "Range '%s' of an artifact of %d bytes, expected to begin within it.",
                                        range.orElse(""), size),
                                RequestContext.current().requestId())
                        .with("content-range", "bytes */" + size);
        };
    }

    private static boolean names(String tags, String etag) {
        return Arrays.stream(tags.split(","))
                .map(String::strip)
                .anyMatch(tag -> tag.equals("*") || tag.equals(etag) || tag.equals("W/" + etag));
    }

    /// RFC 6266: the name as far as ASCII goes, and in full behind it when that is not all.
    static String disposition(String name) {
        StringBuilder ascii = new StringBuilder();
        Normalizer.normalize(name, Normalizer.Form.NFKD)
                .chars()
                .filter(c -> c >= 0x20 && c < 0x7f)
                .forEach(c -> {
                    if (c == '"' || c == '\\') ascii.append('\\');
                    ascii.append((char) c);
                });
        String plain = ascii.toString();
        String shown = plain.matches("[A-Za-z0-9!#$%&+.^_`|~-]+") ? plain : '"' + plain + '"';
        boolean complete = name.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
        return "attachment; filename=" + shown + (complete ? "" : "; filename*=UTF-8''" + encoded(name));
    }

    private static String encoded(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (b > 0 && (Character.isLetterOrDigit(b) || "!#$&+-.^_`|~".indexOf(b) >= 0)) encoded.append((char) b);
            else encoded.append("%%%02X".formatted(b & 0xff));
        }
        return encoded.toString();
    }
}

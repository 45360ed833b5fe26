package io.millwright.server;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The web UI's files, as the build put them on the class path. They hold no data, so anybody may have them; what they
/// show they ask for with the rights of whoever is signed in.
final class UiRoutes {
    private static final String PAGE = "index.html";
    /// Of these the build puts a hash into the name.
    private static final String ASSETS = "assets/";
    /// No segment begins with a dot, so none leads upwards.
    private static final Pattern FILE =
            Pattern.compile("([A-Za-z0-9_][A-Za-z0-9._~@-]*/)*[A-Za-z0-9_][A-Za-z0-9._~@-]*\\.([a-z0-9]+)");

    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("ico", "image/vnd.microsoft.icon"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("png", "image/png"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("txt", "text/plain; charset=utf-8"),
            Map.entry("wasm", "application/wasm"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("webp", "image/webp"),
            Map.entry("woff2", "font/woff2"));
    /// A preview of an artifact is a frame from here or a `blob:`.
    private static final String POLICY = "default-src 'self'; script-src 'self'; style-src 'self';"
            + " img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:;"
            + " form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    private final String root;
    private final Map<String, File> files = new ConcurrentHashMap<>();

    /// @param root where they lie on the class path, as in `ui/`
    UiRoutes(String root) {
        this.root = root;
    }

    /// One file, with its packed twins where the build made some.
    private record File(
            String type,
            String tag,
            ByteBuffer content,
            @Nullable ByteBuffer brotli,
            @Nullable ByteBuffer gzip) {}

    void addRoutes(Routes routes) {
        routes.add(new Route(
                "GET",
                "/ui",
                Dialect.PLAIN,
                BodyKind.NONE,
                "Leads to the web UI",
                Need.PUBLIC,
                call -> Reply.noContent(302).with("location", "/ui/")));
        routes.add(new Route(
                "GET",
                "/ui/{*path}",
                Dialect.PLAIN,
                BodyKind.NONE,
                "The web UI and its files",
                Need.PUBLIC,
                this::answer));
    }

    private Reply answer(Call call) throws IOException {
        String path = call.pathVariable("path");
        Optional<File> file = file(path);
        if (file.isPresent()) return reply(call, file.get(), path.startsWith(ASSETS));
        if (!isPage(call, path)) {
            throw NOT_FOUND.because(
                    "The web UI has no file '%s'. Load the page anew: it may be of an older build.", path);
        }
        File page = file(PAGE)
                .orElseThrow(() -> NOT_FOUND.because(
                        "This build of Millwright has no web UI. Build it with 'mvn package', which needs Node, or take a"
                                + " release; all else is served."));
        return reply(call, page, false);
    }

    /// Every address of the UI is the same page, whose script reads the address. The name of a model may look like a
    /// file's; then it is a page for whoever asks for one.
    private static boolean isPage(Call call, String path) {
        if (path.startsWith(ASSETS)) return false;
        boolean dotted = path.indexOf('.', path.lastIndexOf('/') + 1) >= 0;
        return !dotted || call.header("accept").orElse("").contains("text/html");
    }

    private Optional<File> file(String path) throws IOException {
        File known = files.get(path);
        if (known != null) return Optional.of(known);
        var name = FILE.matcher(path);
        String type = name.matches() ? TYPES.get(name.group(2)) : null;
        if (type == null) return Optional.empty();
        byte[] content = read(path);
        if (content == null) return Optional.empty();
        File file = new File(
                type, tag(content), ByteBuffer.wrap(content), wrap(read(path + ".br")), wrap(read(path + ".gz")));
        files.put(path, file);
        return Optional.of(file);
    }

    private byte @Nullable [] read(String path) throws IOException {
        try (InputStream in = UiRoutes.class.getClassLoader().getResourceAsStream(root + path)) {
            return in == null ? null : in.readAllBytes();
        }
    }

    private static @Nullable ByteBuffer wrap(byte @Nullable [] bytes) {
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }

    /// Weak: it names the content, however that is packed.
    private static String tag(byte[] content) {
        return "W/\"" + HexFormat.of().formatHex(Digests.sha256().digest(content), 0, 12) + "\"";
    }

    private static Reply reply(Call call, File file, boolean forever) {
        boolean known = call.header("if-none-match").orElse("").contains(file.tag());
        Reply reply = known ? Reply.noContent(304) : content(call, file);
        return reply.with("etag", file.tag())
                .with("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache")
                .with("content-security-policy", POLICY)
                .with("x-frame-options", "DENY");
    }

    private static Reply content(Call call, File file) {
        String accepted = call.header("accept-encoding").orElse("");
        Reply plain = new Reply(200, Map.of("content-type", file.type()), body(file.content()));
        if (file.brotli() == null && file.gzip() == null) return plain;
        if (file.brotli() != null && BodyEncoding.accepts(accepted, "br")) {
            return packed(file, file.brotli(), "br");
        }
        if (file.gzip() != null && BodyEncoding.accepts(accepted, "gzip")) {
            return packed(file, file.gzip(), "gzip");
        }
        return plain.with("vary", "accept-encoding");
    }

    private static Reply packed(File file, ByteBuffer bytes, String coding) {
        return new Reply(
                200,
                Map.of("content-type", file.type(), "content-encoding", coding, "vary", "accept-encoding"),
                body(bytes));
    }

    private static Reply.Body body(ByteBuffer bytes) {
        return new Reply.Body.Bytes(bytes.duplicate());
    }
}

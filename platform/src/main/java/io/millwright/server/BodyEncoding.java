package io.millwright.server;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/// How the body of a request is encoded and in which charset its text is.
enum BodyEncoding {
    IDENTITY,
    GZIP,
    DEFLATE;

    static BodyEncoding of(@Nullable String header) {
        if (header == null) return IDENTITY;
        return switch (header.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> IDENTITY;
            case "gzip", "x-gzip" -> GZIP;
            case "deflate" -> DEFLATE;
            default ->
                throw MALFORMED_REQUEST.because("Content-Encoding '" + header
                        + "' is not supported, expected gzip, deflate or none. Send the body without it.");
        };
    }

    /// Whether whoever sent this `Accept-Encoding` reads a coding.
    static boolean accepts(@Nullable String header, String coding) {
        if (header == null) return false;
        for (String one : header.split(",")) {
            String[] parts = one.replace(" ", "").split(";", 2);
            if (parts[0].equalsIgnoreCase(coding)) return parts.length < 2 || !parts[1].matches("q=0(\\.0*)?");
        }
        return false;
    }

    /// Refuses a text body that says it is not UTF-8.
    static void requireUtf8(@Nullable String contentType) {
        if (contentType == null) return;
        int at = contentType.indexOf(';');
        if (at < 0) return;
        String parameters = contentType.substring(at).toLowerCase(Locale.ROOT);
        int charset = parameters.indexOf("charset=");
        if (charset < 0) return;
        String value = parameters.substring(charset + "charset=".length());
        int end = value.indexOf(';');
        if (end >= 0) value = value.substring(0, end);
        switch (value.strip().replace("\"", "")) {
            case "utf-8", "utf8", "us-ascii", "ascii" -> {}
            default ->
                throw MALFORMED_REQUEST.because("The body's charset is '" + value.strip() + "', expected utf-8.");
        }
    }

    /// Unpacks a collected body into the buffer, which stops at its cap whatever the packed size was.
    void decode(byte[] packed, BodyBuffer into) {
        byte[] piece = new byte[8192];
        try (InputStream in = unpack(new ByteArrayInputStream(packed))) {
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) into.append(piece, n);
        } catch (IOException e) {
            throw malformed();
        }
    }

    /// The unpacked content of a stream, at most `cap` bytes of it. When the stream itself breaks off,
    /// reading throws its `IOException`; when it is not in this encoding or ends early, MALFORMED_REQUEST;
    /// past the cap, TOO_LARGE.
    InputStream unpack(BodyStream packed, long cap) {
        if (this == IDENTITY) return packed;
        return new InputStream() {
            private @Nullable InputStream unpacked;
            private long left = cap;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                try {
                    if (unpacked == null) unpacked = unpack(packed);
                    int n = unpacked.read(target, offset, length);
                    left -= Math.max(0, n);
                    if (left >= 0) return n;
                } catch (IOException e) {
                    if (packed.isBroken()) throw e;
                    throw malformed();
                }
                throw TOO_LARGE.because(
                        "The request body has more than %d bytes when unpacked, which is the most that is taken"
                                + " (server.max-upload-size). Send less, or raise the setting.",
                        cap);
            }

            @Override
            public void close() throws IOException {
                if (unpacked != null) unpacked.close();
            }
        };
    }

    private Failure malformed() {
        return MALFORMED_REQUEST.because(
                "The body is not valid %s, as its Content-Encoding says, or not whole.",
                name().toLowerCase(Locale.ROOT));
    }

    private InputStream unpack(InputStream packed) throws IOException {
        return switch (this) {
            case IDENTITY -> packed;
            case GZIP -> new GZIPInputStream(packed, 8192);
            case DEFLATE -> inflate(packed);
        };
    }

    /// "deflate" means zlib, but some clients send the bare stream.
    private static InputStream inflate(InputStream packed) throws IOException {
        PushbackInputStream in = new PushbackInputStream(packed, 2);
        byte[] head = in.readNBytes(2);
        if (head.length < 2) throw new ZipException("too short");
        in.unread(head);
        boolean zlib = (head[0] & 0x0f) == 8 && ((head[0] & 0xff) << 8 | head[1] & 0xff) % 31 == 0;
        Inflater inflater = new Inflater(!zlib);
        return new InflaterInputStream(in, inflater, 8192) {
            @Override
            public void close() throws IOException {
                super.close();
                inflater.end();
            }
        };
    }
}

package io.millwright.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One connection on which exactly these bytes are sent; for requests that no HTTP client would make.
final class RawHttp implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;
    private final InputStream in;
    private final String host;

    /// @param headers by lower-case name
    record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, UTF_8);
        }
    }

    RawHttp(URI server) throws IOException {
        socket = new Socket(server.getHost(), server.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
        host = server.getAuthority();
    }

    /// Sends a text as it stands, but for `HOST`, which becomes the server's name.
    RawHttp send(String text) throws IOException {
        return send(text.replace("HOST", host).getBytes(UTF_8));
    }

    RawHttp send(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
        return this;
    }

    /// A whole request with a JSON body.
    RawHttp post(String path, String body) throws IOException {
        return post(path, "application/json", body.getBytes(UTF_8));
    }

    RawHttp post(String path, String contentType, byte[] body) throws IOException {
        send("POST %s HTTP/1.1\r\nHost: HOST\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                .formatted(path, contentType, body.length));
        return send(body);
    }

    Answer answer() throws IOException {
        return answer(true);
    }

    /// @param hasBody whether one follows; an answer to HEAD announces a body that does not come
    Answer answer(boolean hasBody) throws IOException {
        String statusLine = line();
        if (statusLine == null) throw new EOFException("the server closed the connection without an answer");
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int status = Integer.parseInt(statusLine.split(" ")[1]);
        int length = hasBody ? Integer.parseInt(headers.getOrDefault("content-length", "0")) : 0;
        byte[] body = in.readNBytes(length);
        if (body.length < length) throw new EOFException("the answer ended after " + body.length + " of " + length);
        return new Answer(status, headers, body);
    }

    /// Whether the server closes this connection; waits for it.
    boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true; // Reset, because it did not read everything.
        }
    }

    int readByte() throws IOException {
        return in.read();
    }

    void closeOutput() throws IOException {
        socket.shutdownOutput();
    }

    private @Nullable String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n') return line.toString();
            if (c != '\r') line.append((char) c);
        }
        return line.isEmpty() ? null : new String(line.toString().getBytes(ISO_8859_1), UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

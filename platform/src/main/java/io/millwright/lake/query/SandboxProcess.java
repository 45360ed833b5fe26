package io.millwright.lake.query;

import io.millwright.http.Json;
import io.millwright.lake.duck.Duck;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The process in which users' text meets DuckDB. It holds no secret, listens to nobody but the server that started it,
/// and may be killed at any moment: what a query does to it, it does to nobody else.
///
/// Requests come on standard input, each a length and JSON. Answers go to standard output in frames: a letter, a length
/// and bytes.
public final class SandboxProcess {
    static final char DATA = 'D';
    static final char DONE = 'Z';
    static final char ERROR = 'E';

    private static final int PIECE = 64 * 1024;
    /// DuckDB's parser and planner go as deep as a text is nested.
    private static final long STACK_BYTES = 512L << 20;

    private final DataInputStream in;
    private final DataOutputStream out;
    private final Ducks ducks;
    private final Parser parser = new Parser();

    private SandboxProcess(DataInputStream in, DataOutputStream out, Ducks ducks) {
        this.in = in;
        this.out = out;
        this.ducks = ducks;
    }

    /// @param args memory and threads of each query
    public static void main(String[] args) throws InterruptedException {
        Ducks ducks = new Ducks(new Duck.Caps(Long.parseLong(args[0]), Integer.parseInt(args[1]), Optional.empty()));
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, PIECE));
        System.setOut(new PrintStream(System.err, true, StandardCharsets.UTF_8)); // Frames only, on the true one.
        SandboxProcess process = new SandboxProcess(in, out, ducks);
        Thread thread = new Thread(null, process::serve, "sandbox", STACK_BYTES);
        thread.start();
        thread.join();
    }

    private void serve() {
        try {
            while (true) {
                byte[] request = new byte[in.readInt()];
                in.readFully(request);
                answer(Json.MAPPER.readTree(request));
                out.flush();
            }
        } catch (EOFException e) {
            // The server is gone, or needs this one no more.
        } catch (IOException e) {
            System.err.println("the server does not listen any more: " + e.getMessage());
        }
    }

    private void answer(JsonNode request) throws IOException {
        ObjectNode done = Json.MAPPER.createObjectNode();
        try {
            switch (request.path("op").asString("")) {
                case "parse" -> done.put("tree", parser.tree(request.path("sql").asString("")));
                case "run" -> run(request, done);
                case "plan" -> plan(request, done);
                case "columns" -> columns(request, done);
                case "store" -> store(request, done);
                default -> throw new IllegalArgumentException(request.path("op").toString());
            }
            frame(DONE, done.toString().getBytes(StandardCharsets.UTF_8));
        } catch (SQLException | RuntimeException | OutOfMemoryError e) {
            String why = e instanceof OutOfMemoryError ? "Out of Memory Error: " : "";
            ObjectNode error = Json.MAPPER.createObjectNode().put("message", why + e.getMessage());
            if (e instanceof io.millwright.kernel.Failure failure)
                error.put("code", failure.code().name());
            else if (e instanceof RuntimeException) e.printStackTrace();
            frame(ERROR, error.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void frame(char kind, byte[] bytes) throws IOException {
        frame(kind, bytes, 0, bytes.length);
    }

    private void frame(char kind, byte[] bytes, int offset, int length) throws IOException {
        out.writeByte(kind);
        out.writeInt(length);
        out.write(bytes, offset, length);
    }

    private void run(JsonNode request, ObjectNode done) throws SQLException, IOException {
        with(request, sandbox -> {
            Pieces pieces = new Pieces();
            ResultWriter writer = new ResultWriter(
                    pieces,
                    request.path("max_rows").asLong(),
                    request.path("max_bytes").asLong(),
                    request.path("cut").asBoolean());
            switch (ResultFormat.of(request.path("format").asString(""))) {
                case JSON -> writer.json(sandbox, request.path("told"));
                case JSONL -> writer.jsonLines(sandbox);
                case CSV -> writer.csv(sandbox);
                case ARROW -> writer.arrow(sandbox);
                case PARQUET -> writer.parquet(sandbox);
            }
            pieces.send();
            done.put("rows", writer.rows()).put("bytes", writer.bytes());
        });
    }

    private void plan(JsonNode request, ObjectNode done) throws SQLException, IOException {
        with(request, sandbox -> done.put("plan", sandbox.plan()));
    }

    private void columns(JsonNode request, ObjectNode done) throws SQLException, IOException {
        with(request, sandbox -> {
            ArrayNode columns = done.putArray("columns");
            for (Sandbox.Column column : sandbox.columns()) {
                columns.addObject().put("name", column.name()).put("type", column.type());
            }
        });
    }

    private void store(JsonNode request, ObjectNode done) throws SQLException, IOException {
        List<String> names = new ArrayList<>();
        List<String> casts = new ArrayList<>();
        request.path("names").forEach(name -> names.add(name.asString()));
        request.path("casts").forEach(type -> casts.add(type.asString()));
        with(request, sandbox -> {
            Sandbox.Stored stored =
                    sandbox.store(names, casts, request.path("field_ids").asString(""));
            done.put("rows", stored.rows()).set("statistics", Json.MAPPER.valueToTree(stored.statistics()));
        });
    }

    /// What is asked of a sandbox.
    @FunctionalInterface
    private interface Work {
        void in(Sandbox sandbox) throws SQLException, IOException;
    }

    private void with(JsonNode request, Work work) throws SQLException, IOException {
        Sandbox sandbox = open(request);
        boolean later = false;
        try {
            work.in(sandbox);
            // What it left on disk goes before the server looks for it.
            later = !sandbox.hasSpilled();
        } finally {
            if (later) ducks.closeLater(sandbox);
            else sandbox.close();
        }
    }

    private Sandbox open(JsonNode request) throws SQLException {
        List<Path> files = new ArrayList<>();
        request.path("files").forEach(file -> files.add(Path.of(file.asString())));
        List<String> views = new ArrayList<>();
        request.path("views").forEach(view -> views.add(view.asString()));
        return Sandbox.open(
                ducks.take(),
                new Sandbox.Space(
                        Path.of(request.path("folder").asString()),
                        request.path("spill").asLong()),
                parser.text(request.path("tree").asString("")),
                views,
                files);
    }

    /// Sends what is written in pieces.
    private final class Pieces extends OutputStream {
        private final byte[] bytes = new byte[PIECE];
        private int size;

        @Override
        public void write(int b) throws IOException {
            if (size == bytes.length) send();
            bytes[size++] = (byte) b;
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            int from = offset;
            int left = length;
            while (left > 0) {
                if (size == bytes.length) send();
                int n = Math.min(left, bytes.length - size);
                System.arraycopy(source, from, bytes, size, n);
                size += n;
                from += n;
                left -= n;
            }
        }

        /// Generators flush often; a piece is sent when it is full.
        @Override
        public void flush() {
            // See above.
        }

        void send() throws IOException {
            if (size == 0) return;
            frame(DATA, bytes, 0, size);
            out.flush();
            size = 0;
        }
    }
}

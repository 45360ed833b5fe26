package io.millwright.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A golden file: requests, and the answers the real MLflow server gave to them.
///
/// `peers/golden/README.md` explains the format, `peers/golden/record.py` records the answers,
/// [GoldenReplay] plays a file against a server.
///
/// @param name how mismatches call the file
/// @param exchanges in the order in which they are played
record GoldenFile(String name, List<Exchange> exchanges) {

    private static final String ONLY = "# only:";
    private static final Pattern TITLE = Pattern.compile("(?m)^### ");
    private static final Pattern STATUS = Pattern.compile("HTTP (\\d{3})");

    /// One request and the answer to it. Placeholders are not yet replaced, except that repetitions of the response
    /// are left to the replay too.
    record Exchange(String title, List<String> comments, Request request, Response response) {
        Exchange {
            comments = List.copyOf(comments);
        }

        /// The fields to which a good answer is reduced before it is compared, as lists of names; empty for all of it.
        List<List<String>> only() {
            return comments.stream()
                    .filter(comment -> comment.startsWith(ONLY))
                    .flatMap(comment ->
                            Arrays.stream(comment.substring(ONLY.length()).split(",")))
                    .map(path -> List.of(path.strip().split("\\.")))
                    .toList();
        }
    }

    /// @param headers as written; an empty value means that the header is not sent
    record Request(String method, String target, Map<String, String> headers, String body) {}

    /// @param headers only those that matter
    record Response(int status, Map<String, String> headers, String body) {
        boolean isJson() {
            return headers.getOrDefault("Content-Type", "application/json").contains("json");
        }
    }

    GoldenFile {
        exchanges = List.copyOf(exchanges);
    }

    /// Reads a file of the folder; it is named by its path below it.
    static GoldenFile read(Path folder, Path file) {
        try {
            return parse(folder.relativize(file).toString(), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static GoldenFile parse(String name, String text) {
        return new GoldenFile(
                name,
                TITLE.splitAsStream(text)
                        .skip(1)
                        .map(block -> exchange(name, block))
                        .toList());
    }

    private static Exchange exchange(String name, String block) {
        var lines = new ArrayList<>(Arrays.asList(block.split("\n")));
        String title = lines.removeFirst().strip();
        var comments = new ArrayList<String>();
        while (lines.getFirst().startsWith("#")) {
            comments.add(lines.removeFirst());
        }
        String[] requestLine = lines.removeFirst().split(" ", 2);
        int at = 0;
        while (at < lines.size() && !STATUS.matcher(lines.get(at)).matches()) {
            at++;
        }
        if (at == lines.size()) {
            throw new IllegalArgumentException("%s: %s: no line \"HTTP <status>\"".formatted(name, title));
        }
        Part request = Part.of(lines.subList(0, at));
        Part response = Part.of(lines.subList(at + 1, lines.size()));
        int status = Integer.parseInt(lines.get(at).substring("HTTP ".length()));
        return new Exchange(
                title,
                comments,
                new Request(requestLine[0], requestLine[1], request.headers, request.body),
                new Response(status, response.headers, response.body));
    }

    /// Headers, a blank line, a body.
    private record Part(Map<String, String> headers, String body) {
        static Part of(List<String> lines) {
            var headers = new LinkedHashMap<String, String>();
            int at = 0;
            for (; at < lines.size() && !lines.get(at).isEmpty(); at++) {
                String[] header = lines.get(at).split(":", 2);
                headers.put(header[0], header[1].strip());
            }
            String body = lines.subList(at, lines.size()).stream().collect(Collectors.joining("\n"));
            return new Part(headers, withoutOuterLineEnds(body));
        }
    }

    static String withoutOuterLineEnds(String text) {
        return text.replaceAll("^\n+|\n+$", "");
    }
}

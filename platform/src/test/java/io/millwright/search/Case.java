package io.millwright.search;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// One case of `src/test/resources/search/<kind>.txt`; `peers/search_oracle.py` tells the format and keeps the answers
/// those of MLflow.
///
/// @param asked `filter` or `order`
/// @param expected ours; what MLflow says where it differs is left out
record Case(SearchKind kind, String asked, List<String> lines, List<String> expected) {
    static List<Case> read(SearchKind kind) {
        var cases = new ArrayList<Case>();
        var lines = lines(kind).iterator();
        while (lines.hasNext()) {
            String asked = lines.next();
            if (!asked.equals("filter") && !asked.equals("order")) continue;
            var body = new ArrayList<String>();
            for (String line = lines.next(); !line.equals("----"); line = lines.next()) body.add(line);
            var expected = new ArrayList<String>();
            boolean ours = true;
            while (lines.hasNext()) {
                String line = lines.next();
                if (line.isEmpty()) break;
                ours &= !line.startsWith("differs: ");
                if (ours) expected.add(line);
            }
            cases.add(new Case(kind, asked, body, expected));
        }
        return cases;
    }

    private static List<String> lines(SearchKind kind) {
        String name = "/search/" + kind.name().toLowerCase(Locale.ROOT) + ".txt";
        try (var in = Case.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("no resource " + name);
            return List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String title() {
        return asked + " " + String.join("⏎", lines);
    }
}

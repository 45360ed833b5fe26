package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What DuckDB says of a file it cannot read, in our words and without our paths.
final class Told {
    private static final Logger log = LoggerFactory.getLogger(Told.class);
    private static final Pattern LINE = Pattern.compile("(?i)\\bline:? (\\d+)");
    private static final int LONGEST = 300;

    private Told() {}

    /// @param name what the user calls the file
    static Failure of(SQLException e, Path file, String name) {
        String text = String.valueOf(e.getMessage());
        String kind = text.substring(0, Math.max(0, text.indexOf(" Error:"))).toLowerCase(Locale.ROOT);
        if (kind.contains("out of memory")) {
            return TOO_LARGE.because(
                    "'%s' needs more memory than the server gives to one file (ingest.memory); nothing was kept of it.",
                    name);
        }
        if (text.contains("No space left") || text.contains("max_temp_directory_size")) {
            log.error("reading a file stopped: {}", text);
            return UNAVAILABLE.because("The server's disk is full; nothing of this request was kept.");
        }
        if (kind.contains("internal") || kind.contains("fatal") || kind.contains("catalog")) {
            log.error("reading '{}' failed", name, e);
        }
        return INVALID_ARGUMENT.because("'" + name + "' cannot be read: " + sentence(text, file, name));
    }

    /// The problem in a message, with its line where it names one.
    static Problem problem(SQLException e, Path file, String name) {
        String text = String.valueOf(e.getMessage());
        Matcher line = LINE.matcher(text);
        Optional<Long> number = line.find() ? Optional.of(Long.parseLong(line.group(1))) : Optional.empty();
        return new Problem(number, "", sentence(text, file, name));
    }

    private static String sentence(String text, Path file, String name) {
        List<String> lines = text.replace(file.toString(), name)
                .lines()
                .filter(line -> !line.startsWith("Original Line") && !line.isBlank())
                .toList();
        StringBuilder sentence = new StringBuilder();
        for (String line : lines) {
            if (line.startsWith("Possible ") || line.startsWith("  file =") || line.startsWith("LINE ")) break;
            sentence.append(sentence.isEmpty() ? "" : " ").append(line.strip());
        }
        String whole = sentence.toString().replaceFirst("^(\\w+ ?){1,4} Error: ", "");
        return whole.length() > LONGEST ? whole.substring(0, LONGEST) + "…" : whole;
    }
}

package io.millwright.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;

/// What somebody who types a command gets.
record CommandOutcome(int exitCode, String out, String err) {
    static CommandOutcome run(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        var newOut = new ByteArrayOutputStream();
        var newErr = new ByteArrayOutputStream();
        System.setOut(new PrintStream(newOut, true, UTF_8));
        System.setErr(new PrintStream(newErr, true, UTF_8));
        try {
            int exitCode = Main.run(arguments);
            return new CommandOutcome(exitCode, newOut.toString(UTF_8), newErr.toString(UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /// The head that the ledger's commands print.
    String head() {
        return out.lines()
                .filter(line -> line.startsWith("head "))
                .findFirst()
                .orElseThrow()
                .substring("head ".length());
    }
}

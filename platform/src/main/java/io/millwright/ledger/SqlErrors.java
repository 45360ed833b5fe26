package io.millwright.ledger;

import static io.millwright.kernel.ErrorCode.CONFLICT;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// What a database's error means: who may be told what, and whether trying again can help.
final class SqlErrors {
    private static final Logger log = LoggerFactory.getLogger(SqlErrors.class);

    private enum Meaning {
        DISK_FULL,
        DISK_FAILED,
        NOT_OPENED,
        DAMAGED,
        LOCKED,
        CONNECTION_LOST,
        SAME_KEY,
        RACE,
        NUL_CHARACTER,
        TOO_LARGE,
        BAD_VALUE,
        SHORT_OF_RESOURCES,
        STOPPED,
        OTHER
    }

    private SqlErrors() {}

    /// A failure to tell the caller when the database cannot take the request, now or in this form; else the
    /// error itself, which is a defect of ours.
    static RuntimeException translate(RuntimeException error) {
        if (error instanceof Failure) return error;
        SQLException sql = sqlOf(error);
        if (sql == null) return error;
        Failure failure = switch (meaning(sql)) {
            case DISK_FULL ->
                UNAVAILABLE.because("The disk that holds the database is full; nothing of this request was kept."
                        + " Free space (./millwright gc), then send it again.");
            case DISK_FAILED ->
                UNAVAILABLE.because("The disk that holds the database reports an error; nothing of this request"
                        + " was kept. See the server's log; check space and the disk, then send it again.");
            case NOT_OPENED ->
                UNAVAILABLE.because("The database file cannot be opened or written by this user. Check who owns it and"
                        + " its folder.");
            case DAMAGED ->
                UNAVAILABLE.because("The database file is damaged, or no SQLite database. Restore it from a backup.");
            case LOCKED ->
                UNAVAILABLE.because("Another program holds the database locked; nothing of this request was"
                        + " kept. Close that program, then send it again.");
            case CONNECTION_LOST ->
                UNAVAILABLE.because("The database does not answer. Try again; if it persists, see /health.");
            case SAME_KEY ->
                CONFLICT.because("The same key was written by another request, and nothing of this one was"
                        + " kept. Read what is there now, then send it again.");
            case RACE ->
                CONFLICT.because("Other requests kept changing the same rows, and nothing of this one was kept."
                        + " Send it again.");
            case NUL_CHARACTER ->
                INVALID_ARGUMENT.because(
                        "A text holds the character U+0000, which PostgreSQL cannot store." + " Remove it.");
            case TOO_LARGE ->
                INVALID_ARGUMENT.because(
                        "The request is more than the database takes at once: %s. Ask for less,"
                                + " or send it in parts.",
                        firstLine(sql));
            case BAD_VALUE ->
                INVALID_ARGUMENT.because(
                        "The database cannot store or compare a value of the request: %s." + " Change it.",
                        firstLine(sql));
            case SHORT_OF_RESOURCES ->
                UNAVAILABLE.because("The database is short of memory, connections or locks; nothing of this request"
                        + " was kept. Try again.");
            case STOPPED -> UNAVAILABLE.because("The query was stopped before its end. Try again.");
            case OTHER -> null;
        };
        if (failure == null) return error;
        if (failure.code() == UNAVAILABLE) log.warn("answering {}: {}", failure.code(), sql.toString());
        else log.debug("answering {}: {}", failure.code(), sql.toString());
        return failure;
    }

    /// Two writers met: a serialization failure, a deadlock, or the same new key. Running the body again decides.
    static boolean isRace(RuntimeException error) {
        SQLException sql = sqlOf(error);
        if (sql == null) return false;
        Meaning meaning = meaning(sql);
        return meaning == Meaning.RACE || meaning == Meaning.SAME_KEY;
    }

    /// A race that somebody else won, and that is open again the next time.
    static boolean isLostRace(RuntimeException error) {
        SQLException sql = sqlOf(error);
        return sql != null && meaning(sql) == Meaning.RACE;
    }

    static @Nullable SQLException sqlOf(Throwable error) {
        for (Throwable t = error; t != null; t = t.getCause()) {
            if (t instanceof SQLException sql) return sql;
        }
        return null;
    }

    /// The database's own words, without the hint and detail that PostgreSQL adds and without SQLite's code in front.
    private static String firstLine(SQLException e) {
        String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return line.replaceFirst("^ERROR: ", "").replaceFirst("^\\[SQLITE_\\w+] [^(]*\\((.*)\\)$", "$1");
    }

    private static Meaning meaning(SQLException e) {
        if (e instanceof SQLiteException sqlite) return meaningOfSqlite(sqlite);
        if (e instanceof SQLTransientConnectionException) return Meaning.CONNECTION_LOST;
        return switch (e.getSQLState()) {
            case "40001", "40P01" -> Meaning.RACE;
            case "23505" -> Meaning.SAME_KEY;
            case "53100" -> Meaning.DISK_FULL;
            case "58030" -> Meaning.DISK_FAILED;
            case "22021" -> Meaning.NUL_CHARACTER;
            case "53300", "25006" -> Meaning.CONNECTION_LOST; // Too many connections; a standby took over.
            case "57014" -> Meaning.STOPPED;
            case "55P03" -> Meaning.LOCKED;
            case String state when state.startsWith("54") -> Meaning.TOO_LARGE;
            case String state when state.startsWith("22") -> Meaning.BAD_VALUE;
            case String state when state.startsWith("53") -> Meaning.SHORT_OF_RESOURCES;
            case String state when state.startsWith("08") || state.startsWith("57P") -> Meaning.CONNECTION_LOST;
            case null, default -> Meaning.OTHER;
        };
    }

    /// The limits of https://sqlite.org/limits.html have no code of their own.
    private static final List<String> SQLITE_LIMITS = List.of(
            "too many",
            "too large",
            "too big",
            "too complex",
            "too deep",
            "at most 64 tables",
            "stack overflow",
            "integer overflow");

    private static Meaning meaningOfSqlite(SQLiteException e) {
        SQLiteErrorCode code = e.getResultCode();
        return switch (code) {
            case SQLITE_FULL, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHMMAP -> Meaning.DISK_FULL;
            case SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID -> Meaning.SAME_KEY;
            default ->
                switch (code.code & 0xff) {
                    case 10 -> Meaning.DISK_FAILED; // SQLITE_IOERR
                    case 8, 14, 23 -> Meaning.NOT_OPENED; // SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_AUTH
                    case 11, 26 -> Meaning.DAMAGED; // SQLITE_CORRUPT, SQLITE_NOTADB
                    case 5, 6 -> Meaning.LOCKED; // SQLITE_BUSY, SQLITE_LOCKED
                    case 7 -> Meaning.SHORT_OF_RESOURCES; // SQLITE_NOMEM
                    case 9 -> Meaning.STOPPED; // SQLITE_INTERRUPT
                    case 18 -> Meaning.TOO_LARGE; // SQLITE_TOOBIG
                    case 1 ->
                        SQLITE_LIMITS.stream().anyMatch(firstLine(e).toLowerCase(Locale.ROOT)::contains)
                                ? Meaning.TOO_LARGE
                                : Meaning.OTHER; // SQLITE_ERROR
                    default -> Meaning.OTHER;
                };
        };
    }
}

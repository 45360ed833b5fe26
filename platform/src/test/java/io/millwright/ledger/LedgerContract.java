package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A ledger on a fresh database, and hands to tamper with it.
abstract class LedgerContract {
    static final RequestContext REQUEST = new RequestContext("request-1", new Principal("ann"), "team");

    @TempDir
    Path folder;

    final FakeClock clock = new FakeClock();
    Db db;
    Ledger ledger;

    abstract Db fresh();

    @BeforeEach
    void open() {
        db = fresh();
        new Migrator(db).migrate(Ledger.MIGRATIONS);
        ledger = ledgerOn(db, 1);
    }

    @AfterEach
    void close() {
        ledger.close();
        db.close();
    }

    Ledger ledgerOn(Db database, long seed) {
        return new Ledger(database, clock, new Ids(new Random(seed)));
    }

    void append(String entity) {
        REQUEST.call(() -> db.tx(sql -> {
            ledger.append(sql, "run.created", entity, Map.of("name", "of " + entity));
            return 0;
        }));
    }

    /// Three blocks: runs 1–4, runs 5–8, runs 9–12.
    void threeBlocks() {
        for (int run = 1; run <= 12; run++) {
            append("run:" + run);
            if (run % 4 == 0) ledger.seal();
        }
    }

    LedgerVerifier.Report verify() {
        return ledger.verifier().verify();
    }

    /// Somebody with access to the database.
    void tamper(String statement, @Nullable Object... values) {
        int changed = db.tx(sql -> sql.update(statement, values));
        assertThat(changed).as("rows changed by: %s", statement).isPositive();
    }

    <T> List<T> query(String text, Sql.RowReader<T> reader, @Nullable Object... values) {
        return db.read(sql -> sql.query(text, reader, values));
    }

    String idOf(String entity) {
        return ledger.eventsAbout(entity).getFirst().id();
    }

    void assertHolds() {
        assertThat(verify().findings()).isEmpty();
    }
}

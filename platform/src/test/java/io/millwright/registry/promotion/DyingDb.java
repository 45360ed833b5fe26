package io.millwright.registry.promotion;

import io.millwright.ledger.Db;
import io.millwright.ledger.Sql;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// A database of a process that is killed after so many commits: nothing it does afterwards reaches anything.
final class DyingDb implements Db {
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private final Db db;
    private final AtomicInteger commitsLeft;

    DyingDb(Db db, int commits) {
        this.db = db;
        this.commitsLeft = new AtomicInteger(commits);
    }

    boolean isDead() {
        return commitsLeft.get() < 0;
    }

    @Override
    public <T> T read(Function<Sql, T> query) {
        if (isDead()) throw new Killed();
        return db.read(query);
    }

    @Override
    public <T> T tx(Function<Sql, T> body) {
        if (commitsLeft.decrementAndGet() < 0) throw new Killed();
        return db.tx(body);
    }

    @Override
    public String describe() {
        return db.describe();
    }

    @Override
    public void close() {}
}

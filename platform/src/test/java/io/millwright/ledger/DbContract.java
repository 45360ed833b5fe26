package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What every database must do.
abstract class DbContract {
    private static final Migration CREATE = new Migration("contract", "V001__create_things");
    private static final Migration ADD_COLOUR = new Migration("contract", "V002__add_colour");
    private static final Migration FAILS = new Migration("contract", "V003__fails");

    @TempDir
    Path folder;

    Db db;

    abstract Db fresh();

    @BeforeEach
    void open() {
        db = fresh();
        new Migrator(db).migrate(List.of(CREATE));
    }

    @AfterEach
    void close() {
        db.close();
    }

    @Test
    @Timeout(60)
    void closing_ends_what_would_run_for_hours() throws Exception {
        List<Thread> busy = new ArrayList<>();
        List<Throwable> ends = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch begun = new CountDownLatch(4);
        for (int i = 0; i < 4; i++) {
            boolean writes = i == 0;
            busy.add(Thread.ofVirtual().start(() -> {
                try {
                    if (writes) db.tx(sql -> endless(sql, begun));
                    else db.read(sql -> endless(sql, begun));
                } catch (RuntimeException e) {
                    ends.add(e);
                }
            }));
        }
        begun.await();

        db.close();

        for (Thread thread : busy) thread.join();
        assertThat(ends)
                .hasSize(4)
                .allSatisfy(end -> assertThat(end)
                        .isInstanceOfSatisfying(
                                Failure.class,
                                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE)));
        db = again();
        assertThat(db.<Integer>read(sql -> sql.query("select count(*) from things", row -> row.getInt(1))
                        .getFirst()))
                .isZero();
    }

    private static int endless(Sql sql, CountDownLatch begun) {
        begun.countDown();
        String query = sql.isPostgres()
                ? "select 1 from pg_sleep(36000)"
                : "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";
        return sql.query(query, row -> row.getInt(1)).getFirst();
    }

    @Test
    void a_failing_body_leaves_nothing() {
        assertFailure(
                ErrorCode.NOT_FOUND,
                () -> db.tx(sql -> {
                    add(sql, 1, "first");
                    add(sql, 2, "second");
                    throw ErrorCode.NOT_FOUND.because("no such model");
                }));

        assertThat(names()).isEmpty();
    }

    @Test
    void any_exception_of_a_body_reaches_its_caller_unchanged() {
        var thrown = new IllegalArgumentException("of the caller's own");

        assertThatThrownBy(() -> db.tx(sql -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        assertThatThrownBy(() -> db.read(sql -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        assertThatThrownBy(() -> db.tx(sql -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
    }

    @Test
    void a_statement_that_the_database_refuses_is_no_failure_of_the_caller() {
        assertThatThrownBy(() -> db.tx(sql -> sql.update("insert into no_such_table values (1)")))
                .isInstanceOf(DbException.class);
        assertThatThrownBy(() -> db.read(sql -> sql.query("select no_such_column from things", row -> 1)))
                .isInstanceOf(DbException.class);

        db.tx(sql -> add(sql, 1, "and the next one works"));
        assertThat(names()).hasSize(1);
    }

    @Test
    void failing_writes_take_nothing_of_the_others_along() throws Exception {
        List<Boolean> kept = Together.run(64, i -> () -> {
            try {
                db.tx(sql -> {
                    add(sql, i, "thing " + i);
                    if (i % 3 == 0) throw new IllegalStateException("fails on purpose");
                    if (i % 3 == 1) sql.update("insert into things (id) values (?)", i); // The same key again.
                    return 0;
                });
                return true;
            } catch (IllegalStateException | Failure e) {
                return false;
            }
        });

        List<String> expected = IntStream.range(0, 64)
                .filter(i -> i % 3 == 2)
                .mapToObj(i -> "thing " + i)
                .toList();
        assertThat(names()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(kept.stream().filter(Boolean::booleanValue)).hasSize(expected.size());
    }

    @Test
    void a_read_sees_every_commit_that_was_answered() throws Exception {
        Together.run(16, i -> () -> {
            db.tx(sql -> add(sql, i, "mine " + i));
            assertThat(names()).contains("mine " + i);
            return 0;
        });
    }

    @Test
    void a_read_sees_one_moment() {
        db.tx(sql -> add(sql, 1, "before"));
        CountDownLatch counted = new CountDownLatch(1);
        CountDownLatch written = new CountDownLatch(1);
        Thread writer = Thread.startVirtualThread(() -> {
            awaitQuietly(counted);
            db.tx(sql -> add(sql, 2, "meanwhile"));
            written.countDown();
        });

        List<Integer> counts = db.read(sql -> {
            int first = count(sql);
            counted.countDown();
            awaitQuietly(written);
            return List.of(first, count(sql));
        });

        assertThat(counts).containsExactly(1, 1);
        assertThat(names()).hasSize(2);
        assertThat(writer.isInterrupted()).isFalse();
    }

    @Test
    void a_read_changes_nothing() {
        assertThatThrownBy(() -> db.read(sql -> add(sql, 1, "by a reader"))).isInstanceOf(RuntimeException.class);

        assertThat(names()).isEmpty();
    }

    @Test
    void a_read_inside_a_transaction_sees_that_transaction() {
        int seen = db.tx(sql -> {
            add(sql, 1, "not yet committed");
            return db.read(DbContract::count);
        });

        assertThat(seen).isEqualTo(1);
    }

    @Test
    void reads_inside_reads_do_not_wait_for_each_other() throws Exception {
        List<Integer> counts = Together.run(64, i -> () -> db.read(outer -> db.read(DbContract::count)));

        assertThat(counts).containsOnly(0);
    }

    @Test
    void a_transaction_inside_a_transaction_is_refused() {
        assertThatThrownBy(() -> db.tx(outer -> db.tx(inner -> add(inner, 1, "inner"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a transaction inside a transaction");

        assertThat(names()).isEmpty();
    }

    @Test
    void sixty_four_threads_increment_without_loss() throws Exception {
        db.tx(sql -> sql.update("insert into things (id, number) values (1, 0)"));

        Together.run(64, i -> () -> {
            for (int n = 0; n < 5; n++) db.tx(sql -> sql.update("update things set number = number + 1 where id = 1"));
            return 0;
        });

        assertThat(number(1)).isEqualTo(64 * 5);
    }

    @Test
    void what_was_read_and_then_written_is_not_lost() throws Exception {
        db.tx(sql -> sql.update("insert into things (id, number) values (1, 0)"));

        Together.run(64, i -> () -> {
            for (int n = 0; n < 5; n++) {
                db.tx(sql -> {
                    int number = sql.query("select number from things where id = 1", row -> row.getInt(1))
                            .getFirst();
                    return sql.update("update things set number = ? where id = 1", number + 1);
                });
            }
            return 0;
        });

        assertThat(number(1)).isEqualTo(64 * 5);
    }

    @Test
    void racing_writers_number_without_gaps() throws Exception {
        List<Long> given = Together.run(
                64,
                i -> () -> db.tx(sql -> {
                    long next = sql.query("select coalesce(max(id), 0) + 1 from things", row -> row.getLong(1))
                            .getFirst();
                    add(sql, next, "version " + next);
                    return next;
                }));

        assertThat(given)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.rangeClosed(1, 64).boxed().toList());
    }

    @Test
    void a_key_that_exists_is_a_conflict() {
        db.tx(sql -> sql.update("insert into named_things (name) values (?)", "churn"));

        assertFailure(
                ErrorCode.CONFLICT,
                () -> db.tx(sql -> sql.update("insert into named_things (name) values (?)", "churn")));
        assertFailure(
                ErrorCode.CONFLICT,
                () -> db.tx(sql -> sql.dsl().execute("insert into named_things (name) values ('churn')")));
    }

    @Test
    void columns_are_inserted_in_one_go() {
        int n = 10_000;
        long[] id = LongStream.range(0, n + 7).toArray(); // Columns may be longer than what is taken from them.
        int[] number = IntStream.range(0, n + 7).map(i -> -i).toArray();
        double[] value = IntStream.range(0, n + 7).mapToDouble(i -> i / 3.0).toArray();
        String[] name = IntStream.range(0, n + 7)
                .mapToObj(i -> i % 2 == 0 ? null : "näme \"%d\", {\\}".formatted(i))
                .toArray(String[]::new);

        db.tx(sql -> {
            sql.insertColumns(
                    "insert into things (id, number, value, name) values (?, ?, ?, ?)",
                    "insert into things (id, number, value, name)"
                            + " select * from unnest(?::bigint[], ?::int[], ?::float8[], ?::text[])",
                    n,
                    id,
                    number,
                    value,
                    name);
            sql.insertColumns(
                    "insert into things (id) values (?)", "insert into things (id) select * from unnest(?)", 0, id);
            return 0;
        });

        List<List<Object>> rows = new ArrayList<>();
        db.read(sql -> {
            sql.scan(
                    "select id, number, value, name from things order by id",
                    row -> rows.add(Arrays.asList(row.getLong(1), row.getInt(2), row.getDouble(3), row.getString(4))));
            return 0;
        });
        assertThat(rows).hasSize(n);
        for (int i = 0; i < n; i++) {
            assertThat(rows.get(i)).containsExactly(id[i], number[i], value[i], name[i]);
        }
    }

    @Test
    void nothing_is_stored_as_nothing() {
        db.tx(sql -> {
            sql.update(
                    "insert into things (id, number, value, name, content) values (?, ?, ?, ?, ?)",
                    1L,
                    null,
                    null,
                    null,
                    null);
            add(sql, 2, "two");
            return sql.update("update things set name = ? where id = ?", null, 2L);
        });

        assertThat(query(
                        "select number, value, name, content from things order by id",
                        row -> IntStream.rangeClosed(1, 4)
                                .mapToObj(c -> get(row, c))
                                .filter(Objects::nonNull)
                                .toList()))
                .containsExactly(List.of(), List.of());
        assertThat(query(
                        "select id from things where name is not distinct from ? order by id",
                        row -> row.getLong(1),
                        (Object) null))
                .containsExactly(1L, 2L);
    }

    @Test
    void values_come_back_as_they_went_in() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        List<String> texts =
                List.of("", " ", "'\"`\\;--/*?${x}{0}", "Ünïcödé 漢字 🦜 \u200d\u0001\r\n\t", "x".repeat(2_000_000));
        List<Double> doubles = List.of(0.0, 1.0, -1.0, Math.PI, Double.MIN_VALUE, Double.MAX_VALUE, -1e-300);
        List<Long> longs = List.of(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE);

        db.tx(sql -> {
            for (int i = 0; i < texts.size(); i++) {
                sql.update("insert into things (id, name, content) values (?, ?, ?)", (long) i, texts.get(i), bytes);
            }
            for (int i = 0; i < doubles.size(); i++) {
                sql.update("insert into things (id, value) values (?, ?)", 100L + i, doubles.get(i));
            }
            longs.forEach(id -> sql.update(
                    "insert into things (id, number, name) values (?, ?, 'long') "
                            + "on conflict (id) do update set number = excluded.number, name = excluded.name",
                    id,
                    7));
            return 0;
        });

        assertThat(query("select name from things where id between 1 and 4 order by id", row -> row.getString(1)))
                .isEqualTo(texts.subList(1, 5));
        assertThat(query("select content from things where id = 4", row -> row.getBytes(1))
                        .getFirst())
                .isEqualTo(bytes);
        assertThat(query(
                        "select value from things where id >= 100 and value is not null order by id",
                        row -> row.getDouble(1)))
                .isEqualTo(doubles);
        assertThat(query("select id from things where name = 'long' order by id", row -> row.getLong(1)))
                .isEqualTo(longs);
    }

    @Test
    void text_is_ordered_by_code_point() {
        db.tx(sql -> {
            long id = 0;
            for (String name : List.of("b", "B", "a", "ä", "_", "Z")) add(sql, id++, name);
            return 0;
        });

        assertThat(query("select name from things order by name", row -> row.getString(1)))
                .containsExactly("B", "Z", "_", "a", "b", "ä");
    }

    @Test
    void the_rows_of_a_query_may_ask_the_same_query() {
        db.tx(sql -> {
            for (int i = 0; i < 3; i++) add(sql, i, "thing " + i);
            return 0;
        });
        String text = "select id from things where id < ? order by id";

        List<String> pairs = db.read(sql -> {
            List<String> found = new ArrayList<>();
            sql.scan(
                    text,
                    outer -> {
                        long o = outer.getLong(1);
                        sql.scan(text, inner -> found.add(o + ">" + inner.getLong(1)), o);
                    },
                    3L);
            return found;
        });

        assertThat(pairs).containsExactly("1>0", "2>0", "2>1");
    }

    @Test
    void a_scan_runs_a_query_built_with_jooq() {
        db.tx(sql -> {
            for (int i = 0; i < 10; i++) add(sql, i, "thing " + i);
            return 0;
        });

        List<Long> ids = new ArrayList<>();
        db.read(sql -> {
            var id = DSL.field("id", Long.class);
            sql.scan(
                    sql.dsl()
                            .select(id)
                            .from(DSL.table("things"))
                            .where(id.gt(6L))
                            .and(DSL.field("name", String.class).ne("thing 8"))
                            .orderBy(id),
                    row -> ids.add(row.getLong(1)));
            return 0;
        });

        assertThat(ids).containsExactly(7L, 9L);
    }

    @Test
    void hundreds_of_different_statements_are_no_problem() {
        db.tx(sql -> add(sql, 1, "one"));

        int found = db.read(sql -> IntStream.range(0, 1000)
                .map(i -> sql.query("select count(*) from things where id <> -" + i, row -> row.getInt(1))
                        .getFirst())
                .sum());

        assertThat(found).isEqualTo(1000);
    }

    @Test
    void a_body_runs_under_the_context_of_its_caller() {
        var context = new RequestContext("request-7", new Principal("ann"), "team");

        RequestContext seen = context.call(() -> db.tx(sql -> RequestContext.current()));

        assertThat(seen).isEqualTo(context);
    }

    @Test
    void a_migration_runs_once() {
        new Migrator(db).migrate(List.of(CREATE, ADD_COLOUR));
        new Migrator(db).migrate(List.of(CREATE, ADD_COLOUR));

        assertThat(query("select name || ' ' || colour from things", row -> row.getString(1)))
                .containsExactly("made; by a migration blue");
    }

    @Test
    void a_migration_runs_once_when_many_start_together() throws Exception {
        Together.run(8, i -> () -> {
            new Migrator(db).migrate(List.of(CREATE, ADD_COLOUR));
            return 0;
        });

        assertThat(names()).hasSize(1);
    }

    @Test
    void a_changed_migration_is_refused() {
        db.tx(sql -> sql.update("update schema_migrations set checksum = 'of another text'"));

        assertThatThrownBy(() -> new Migrator(db).migrate(List.of(CREATE)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("V001__create_things of contract was changed after it ran");
    }

    @Test
    void a_database_of_a_newer_release_is_refused() {
        new Migrator(db).migrate(List.of(CREATE, ADD_COLOUR));

        assertThatThrownBy(() -> new Migrator(db).migrate(List.of(CREATE)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("newer release: it has migration V002__add_colour of contract");
    }

    @Test
    void a_failing_migration_leaves_nothing() {
        assertThatThrownBy(() -> new Migrator(db).migrate(List.of(CREATE, FAILS)))
                .isInstanceOf(DbException.class);

        assertThatThrownBy(() -> db.read(sql -> sql.query("select id from half_made", row -> 1)))
                .isInstanceOf(DbException.class);
        assertThat(query("select name from schema_migrations", row -> row.getString(1)))
                .containsExactly("V001__create_things");
    }

    @Test
    void closing_keeps_every_answered_write_and_refuses_the_rest() throws Exception {
        CountDownLatch begun = new CountDownLatch(20);
        var answered = new HashSet<String>();
        Thread closer = Thread.ofVirtual().start(() -> {
            awaitQuietly(begun);
            db.close();
        });
        List<List<String>> kept = Together.run(16, t -> (Callable<List<String>>) () -> {
            List<String> mine = new ArrayList<>();
            for (long i = 0; ; i++) {
                String name = t + "-" + i;
                long id = t * 1_000_000L + i;
                try {
                    db.tx(sql -> add(sql, id, name));
                } catch (Failure stopping) {
                    assertThat(stopping.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    return mine;
                }
                mine.add(name);
                begun.countDown();
            }
        });
        closer.join();
        kept.forEach(answered::addAll);

        assertFailure(ErrorCode.UNAVAILABLE, () -> db.read(DbContract::count));
        db = again();
        assertThat(new HashSet<>(names())).containsAll(answered);
    }

    static AbstractThrowableAssert<?, ?> assertFailure(ErrorCode code, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOf(Failure.class)
                .matches(thrown -> ((Failure) thrown).code() == code, "has the code " + code);
    }

    /// The same database, opened anew.
    abstract Db again();

    static int add(Sql sql, long id, String name) {
        return sql.update("insert into things (id, name) values (?, ?)", id, name);
    }

    static int count(Sql sql) {
        return sql.query("select count(*) from things", row -> row.getInt(1)).getFirst();
    }

    <T> List<T> query(String text, Sql.RowReader<T> reader, @Nullable Object... values) {
        return db.read(sql -> sql.query(text, reader, values));
    }

    List<String> names() {
        return query("select name from things order by id", row -> row.getString(1));
    }

    int number(long id) {
        return db.read(sql -> sql.query("select number from things where id = ?", row -> row.getInt(1), id))
                .getFirst();
    }

    private static Object get(java.sql.ResultSet row, int column) {
        try {
            return row.getObject(column);
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            if (!latch.await(60, java.util.concurrent.TimeUnit.SECONDS)) throw new AssertionError("waited in vain");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

package io.millwright.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class PostgresDbTest extends DbContract {
    private final URI uri = TestDatabases.postgresUri();

    @Override
    Db fresh() {
        return PostgresDb.open(uri);
    }

    @Override
    Db again() {
        return PostgresDb.open(uri);
    }

    @Test
    void several_processes_lose_nothing_of_each_other() throws Exception {
        db.tx(sql -> sql.update("insert into things (id, number) values (1, 0)"));
        try (Db second = again();
                Db third = again()) {
            List<Db> processes = List.of(db, second, third);

            Together.run(30, i -> () -> {
                for (int n = 0; n < 5; n++) {
                    processes.get(i % 3).tx(sql -> {
                        int number = sql.query("select number from things where id = 1", row -> row.getInt(1))
                                .getFirst();
                        return sql.update("update things set number = ? where id = 1", number + 1);
                    });
                }
                return 0;
            });
        }

        assertThat(number(1)).isEqualTo(30 * 5);
    }

    @Test
    void processes_that_start_at_once_on_an_empty_database_all_migrate_it() throws Exception {
        List<Db> processes = Stream.generate(this::again).limit(6).toList();
        try {
            for (int time = 0; time < 30; time++) {
                db.tx(sql -> sql.update("drop table if exists schema_migrations"));

                Together.run(processes.size(), i -> () -> {
                    new Migrator(processes.get(i)).migrate(List.of());
                    return 0;
                });

                assertThat(db.<List<Integer>>read(sql -> sql.query("select 1 from schema_migrations", row -> 1)))
                        .isEmpty();
            }
        } finally {
            processes.forEach(Db::close);
        }
    }

    @Test
    void after_a_lock_a_body_sees_what_its_holder_left() throws Exception {
        db.tx(sql -> add(sql, 1, "shelf"));
        var held = new CountDownLatch(1);

        List<Integer> seen = Together.run(2, i -> () -> {
            if (i == 0) {
                return db.tx(sql -> {
                    sql.query("select 1 from things where id = 1 for key share", row -> 1);
                    held.countDown();
                    Together.await("the other one waits for the lock", () -> waiting(sql) > 0);
                    return add(sql, 2, "on the shelf");
                });
            }
            held.await();
            return db.txAfterLocks(sql -> {
                sql.query("select 1 from things where id = 1 for update", row -> 1);
                return sql.query("select count(*) from things", row -> row.getInt(1))
                        .getFirst();
            });
        });

        assertThat(seen.get(1)).isEqualTo(2);
    }

    private static int waiting(Sql sql) {
        return sql.query("select count(*) from pg_locks where not granted", row -> row.getInt(1))
                .getFirst();
    }

    @Test
    void a_lost_connection_is_unavailable_once_and_then_replaced() {
        AtomicInteger runs = new AtomicInteger();

        assertFailure(
                ErrorCode.UNAVAILABLE,
                () -> db.tx(sql -> {
                    runs.incrementAndGet();
                    add(sql, 1, "lost");
                    sql.query("select pg_terminate_backend(pg_backend_pid())", row -> 1);
                    return add(sql, 2, "never sent");
                }));

        assertThat(runs).hasValue(1);
        assertThat(names()).isEmpty();
        db.ping();
    }

    @Test
    void a_nul_character_is_the_callers_mistake() {
        assertFailure(ErrorCode.INVALID_ARGUMENT, () -> db.tx(sql -> add(sql, 1, "a\0b")))
                .hasMessageContaining("U+0000");
    }

    @Test
    void a_wrong_password_is_told_without_repeating_it() {
        URI wrong = URI.create("postgresql://postgres:s3cret@localhost:%d/no_such_database".formatted(uri.getPort()));

        assertThatThrownBy(() -> PostgresDb.open(wrong))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("no_such_database")
                .message()
                .doesNotContain("s3cret");
        assertThat(db.describe()).doesNotContain("postgres:postgres").contains("localhost");
    }

    @Test
    void an_address_without_a_database_is_refused() {
        assertThatThrownBy(() -> PostgresDb.open(URI.create("postgresql://localhost")))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("postgresql://user:password@host:port/database");
    }
}

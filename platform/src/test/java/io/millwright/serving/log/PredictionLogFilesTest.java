package io.millwright.serving.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Ids;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.serving.endpoints.Revision;
import io.millwright.serving.endpoints.Setup;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is appended is read again, whatever becomes of the file.
class PredictionLogFilesTest {
    private static final Variant VARIANT = new Variant("v1", "churn", "1", 100);

    @TempDir
    Path folder;

    private final Source source = new Source(
            "default",
            "churn",
            new Revision(1, Setup.of(List.of(VARIANT)), Instant.EPOCH, "local"),
            VARIANT,
            List.of(Field.column("a", FieldType.FLOAT64), Field.column("b", FieldType.FLOAT64)));

    private PredictionLog open(long most) {
        return PredictionLog.open(folder, most, new Ids(new SecureRandom()));
    }

    private static Frame rows(double... values) {
        return new Frame(values.length / 2, List.of(Column.of("rows", FieldType.FLOAT64, 2, false, values)));
    }

    private static Frame texts(@Nullable String... values) {
        return new Frame(values.length, List.of(Column.of("label", 1, true, values)));
    }

    private boolean append(PredictionLog log, Frame asked, Frame answered) {
        PredictionId id = source.nextId(1_000_000);
        return log.append(source, id, false, 5_000, "ann", "r1", "", asked.rows(), asked, answered);
    }

    private static List<Entry> entries(PredictionLog log) {
        List<Entry> all = new ArrayList<>();
        for (PredictionLog.View view : log.views()) {
            EntryReader reader = new EntryReader();
            view.segment()
                    .read(
                            view.end(),
                            record ->
                                    reader.read(record, (id, answerer) -> true).ifPresent(all::add));
        }
        return all;
    }

    @Test
    void an_entry_is_read_as_it_was_written() {
        try (PredictionLog log = open(1L << 30)) {
            append(log, rows(1, Double.NaN, 3, Double.NEGATIVE_INFINITY), texts("yes", null));

            Entry entry = entries(log).getFirst();

            assertThat(entry.answerer()).isEqualTo(new Answerer("default", "churn", 1, "v1", "churn", "1"));
            assertThat(entry.micros()).isEqualTo(5);
            assertThat(entry.caller()).isEqualTo("ann");
            assertThat(entry.rows()).isEqualTo(2);
            // One tensor has the names of the model's columns.
            assertThat(entry.inputs()).extracting(Entry.Values::name).containsExactly("a", "b");
            assertThat(entry.inputs().get(0).value(1, 0)).isEqualTo(3.0);
            assertThat(entry.inputs().get(1).value(0, 0)).isEqualTo(Double.NaN);
            assertThat(entry.inputs().get(1).value(1, 0)).isEqualTo(Double.NEGATIVE_INFINITY);
            assertThat(entry.outputs().getFirst().value(0, 0)).isEqualTo("yes");
            assertThat(entry.outputs().getFirst().value(1, 0)).isNull();
        }
    }

    /// As a model does that answers one value for all rows.
    @Test
    void fewer_rows_answered_than_asked_and_more() {
        try (PredictionLog log = open(1L << 30)) {
            append(log, rows(1, 2, 3, 4), texts("all"));
            append(log, rows(1, 2), texts("a", "b", "c"));

            Entry fewer = entries(log).get(0);
            Entry more = entries(log).get(1);

            assertThat(fewer.rows()).isEqualTo(2);
            assertThat(fewer.outputs().getFirst().value(0, 0)).isEqualTo("all");
            assertThat(fewer.outputs().getFirst().value(1, 0)).isNull();
            assertThat(more.rows()).isEqualTo(3);
            assertThat(more.inputs().getFirst().value(2, 0)).isNull();
            assertThat(more.outputs().getFirst().value(2, 0)).isEqualTo("c");
        }
    }

    @Test
    void segments_follow_each_other_and_each_can_be_read_alone() {
        try (PredictionLog log = open(1L << 30)) {
            double[] many = new double[200_000];
            for (int i = 0; i < 40; i++) append(log, rows(many), texts(new String[100_000]));

            assertThat(log.views()).hasSizeGreaterThan(3);
            assertThat(entries(log)).hasSize(40);
        }
    }

    /// What defines a hundred thousand columns takes megabytes itself, and so is not always what fits beside a row.
    @Test
    void rows_of_many_columns_are_kept_to_the_last_byte_of_a_segment() {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 100_000; i++)
            columns.add(Column.of("column " + i, FieldType.FLOAT64, 1, true, new double[] {i}));
        Frame wide = new Frame(1, columns);
        try (PredictionLog log = open(1L << 30)) {
            for (int i = 0; i < 60; i++) {
                assertThat(append(log, wide, texts("x"))).isTrue();
                assertThat(append(log, rows(new double[2_000 * i]), texts(new String[1_000 * i])))
                        .isTrue();
            }

            assertThat(log.lost()).isZero();
            assertThat(log.views()).hasSizeGreaterThan(3);
            List<Entry> read = entries(log);
            assertThat(read).hasSize(120);
            assertThat(read.get(100).inputs()).hasSize(100_000);
            assertThat(read.get(100).inputs().get(99_999).value(0, 0)).isEqualTo(99_999.0);
        }
    }

    @Test
    void a_process_finds_what_one_before_has_left() {
        try (PredictionLog log = open(1L << 30)) {
            for (int i = 0; i < 10; i++) append(log, rows(i, i), texts("x"));
            // While it lives, its segments are its own.
            try (PredictionLog other = open(1L << 30)) {
                assertThat(entries(other)).isEmpty();
            }
        }

        try (PredictionLog after = open(1L << 30)) {
            assertThat(entries(after)).hasSize(10);
            after.toShip(true).forEach(after::shipped);
            assertThat(entries(after)).isEmpty();
        }
        try (PredictionLog last = open(1L << 30)) {
            assertThat(entries(last)).isEmpty();
        }
    }

    /// Whatever byte is wrong, what stands before it is read, and nothing that was not written.
    @Test
    void damage_takes_what_comes_after_it() throws IOException {
        try (PredictionLog log = open(1L << 30)) {
            for (int i = 0; i < 10; i++) append(log, rows(i, i), texts("x"));
        }
        Path file;
        try (Stream<Path> files = Files.walk(folder)) {
            file = files.filter(each -> each.toString().endsWith(".log"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] whole = Files.readAllBytes(file);

        for (int at = 0; at < 1_500; at += 7) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x55;
            Files.write(file, damaged);
            try (PredictionLog after = open(1L << 30)) {
                List<Entry> read = entries(after);
                assertThat(read).hasSizeLessThanOrEqualTo(10);
                for (int i = 0; i < read.size(); i++)
                    assertThat(read.get(i).inputs().getFirst().value(0, 0)).isEqualTo((double) i);
            }
        }
    }

    @Test
    void a_full_log_says_so_and_counts() {
        try (PredictionLog log = open(Segment.SIZE)) {
            double[] many = new double[200_000];
            int kept = 0;
            while (append(log, rows(many), texts(new String[100_000]))) kept++;

            assertThat(kept).isBetween(1, 10);
            assertThat(log.lost()).isEqualTo(1);
            assertThat(entries(log)).hasSize(kept);
            log.toShip(true).forEach(log::shipped);
            assertThat(append(log, rows(1, 2), texts("x"))).isTrue();
        }
    }

    @Test
    void ids_sort_by_time_and_know_their_endpoint() {
        PredictionId one = source.nextId(1_000_000);
        PredictionId other = source.nextId(1_000_001);

        assertThat(one.toString()).hasSize(32).isLessThan(other.toString());
        assertThat(PredictionId.parse(one.toString())).isEqualTo(one);
        assertThat(one.at()).isEqualTo(Instant.ofEpochMilli(1_000_000));
        assertThat(one.mayBeOf("churn")).isTrue();
    }
}

package io.millwright.lake.ingest;

import static org.apache.iceberg.expressions.Expressions.equal;
import static org.apache.iceberg.expressions.Expressions.greaterThan;
import static org.apache.iceberg.expressions.Expressions.isNaN;
import static org.apache.iceberg.expressions.Expressions.isNull;
import static org.apache.iceberg.expressions.Expressions.lessThan;
import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.duck.Duck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.InclusiveMetricsEvaluator;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Iceberg's own evaluator leaves a file out exactly when no row of it can match.
class FileMetricsTest {
    private static final String LONG_TEXT = "a text that is longer than sixteen characters";

    @TempDir
    Path folder;

    @Test
    void a_file_is_left_out_by_its_bounds_and_never_wrongly() throws Exception {
        Path csv = Files.writeString(
                folder.resolve("a.csv"),
                "i,x,s,d,t,z,u,b,e\n"
                        + "1,-0.0," + LONG_TEXT + ",2020-01-02,2020-01-02 03:04:05,true,"
                        + "c48e6126-7b5c-4b3c-94a3-810a58d6ca07,1.5,\n"
                        + "9,nan,z,2021-01-02,2021-01-02 03:04:05.5,true,d48e6126-7b5c-4b3c-94a3-810a58d6ca07,2.5,\n");
        List<Types.NestedField> fields = new ArrayList<>();
        List<String> types =
                List.of("long", "double", "string", "date", "timestamp", "boolean", "uuid", "decimal(9,2)", "int");
        List<Mapping.Incoming> columns = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            String name = "ixsdtzube".substring(i, i + 1);
            fields.add(Types.NestedField.optional(i + 1, name, ColumnTypes.parse(types.get(i))));
            columns.add(new Mapping.Incoming(i, name, ColumnTypes.parse(types.get(i)), false, true));
        }
        Schema schema = new Schema(fields);
        Opened.Written written;
        try (Opened file = Opened.open(new Duck.Caps(256 << 20, 1, Optional.empty()), csv, "a.csv", FileOptions.NONE)) {
            written = file.write(folder.resolve("out"), schema, columns).getFirst();
        }
        DataFile data = DataFiles.builder(PartitionSpec.unpartitioned())
                .withPath(written.path().toString())
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(written.path()))
                .withMetrics(written.metrics())
                .build();

        List<Expression> may = List.of(
                equal("i", 1L),
                equal("x", -0.0),
                equal("x", 0.0),
                isNaN("x"),
                equal("s", LONG_TEXT),
                equal("s", "z"),
                equal("d", "2020-06-01"),
                equal("t", "2021-01-02T03:04:05.5"),
                equal("z", true),
                isNull("e"),
                equal("u", "c48e6126-7b5c-4b3c-94a3-810a58d6ca07"),
                equal("b", new java.math.BigDecimal("2.50")));
        List<Expression> mayNot = List.of(
                greaterThan("i", 9L),
                lessThan("x", -1.0),
                greaterThan("s", "zz"),
                lessThan("s", "a text"),
                lessThan("d", "2020-01-02"),
                greaterThan("t", "2021-01-02T03:04:05.6"),
                equal("z", false),
                equal("e", 1),
                isNull("i"),
                equal("u", "e48e6126-7b5c-4b3c-94a3-810a58d6ca07"),
                greaterThan("b", new java.math.BigDecimal("2.50")));
        for (Expression one : may)
            assertThat(new InclusiveMetricsEvaluator(schema, one).eval(data))
                    .as("%s", one)
                    .isTrue();
        for (Expression one : mayNot) {
            assertThat(new InclusiveMetricsEvaluator(schema, one).eval(data))
                    .as("%s", one)
                    .isFalse();
        }
    }
}

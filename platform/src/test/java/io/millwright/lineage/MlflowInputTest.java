package io.millwright.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.tracking.DatasetInput;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The sources of datasets as MLflow's clients write them, and what they name.
final class MlflowInputTest {
    private static final DatasetName PEOPLE = DatasetName.parse("census.people");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            http         | {'url': 'http://h:8484/iceberg/v1/default/namespaces/census/tables/people'}                 |
            http         | {'url': 'http://h/x/iceberg/v1/default/namespaces/census/tables/people?snapshot_id=87'}     | 87
            http         | {'url': 'http://h/iceberg/v1/default/namespaces/census/tables/people@3'}                    | 3
            http         | {'url': 'https://h/api/millwright/v1/datasets/census.people'}                               |
            http         | {'url': 'https://h/api/millwright/v1/datasets/census.people/version?version=2'}             | 2
            local        | {'uri': 'millwright://census.people@3'}                                                     | 3
            local        | {'uri': 'dataset:census.people'}                                                            |
            local        | {'uri': 'dataset:census.people@validated'}                                                  | validated
            local        | {'uri': 'snapshot:census.people@8714'}                                                      | 8714
            local        | {'uri': 'census.people'}                                                                    |
            delta_table  | {'path': null, 'delta_table_name': 'census.people', 'delta_table_version': 5}               |
            spark        | {'table_name': 'census.people'}                                                             |
            spark        | {'table_name': 'census.people', 'snapshot_id': '8714111111111111111'}                        | 8714111111111111111
            anything     | millwright://census.people@7                                                                | 7
            """)
    void a_table_here_is_known_by_its_source(String type, String source, String version) {
        Optional<At> at = version == null ? Optional.empty() : Optional.of(at(source, version));

        assertThat(of(type, source.replace('\'', '"'), "train", "abc").candidates())
                .first()
                .isEqualTo(new MlflowInput.Candidate(PEOPLE, at));
    }

    private static At at(String source, String version) {
        return source.startsWith("snapshot:") ? new At.Snapshot(Long.parseLong(version)) : At.version(version);
    }

    @Test
    void a_name_of_spark_may_have_its_catalog_before_it() {
        assertThat(of("spark", "{\"table_name\": \"`mw`.census.people\"}", "x", "abc")
                        .candidates())
                .extracting(candidate -> candidate.name().toString())
                .containsExactly("mw.census.people", "census.people");
    }

    @Test
    void a_snapshots_id_as_the_digest_says_which_version() {
        assertThat(of("code", "{\"tags\": {}}", "census.people", "8714111111111111111")
                        .candidates())
                .containsExactly(new MlflowInput.Candidate(PEOPLE, Optional.of(new At.Snapshot(8714111111111111111L))));
        assertThat(of("code", "{\"tags\": {}}", "census.people", "a1b2c3").candidates())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            http         | {'url': 'https://census.gov/people.csv'}    | https        | https://census.gov/people.csv
            s3           | {'uri': 's3://bucket/people.parquet'}       | s3           | s3://bucket/people.parquet
            local        | {'uri': '/data/people.csv'}                 | local        | /data/people.csv
            hugging_face | {'path': 'org/people', 'split': 'train'}    | hugging_face | org/people
            code         | {'tags': {'mlflow.source.name': 'x.py'}}    | code         | train@abc
            code         | not JSON {                                  | code         | not JSON {
            """)
    void all_else_is_external(String type, String source, String namespace, String name) {
        MlflowInput input = of(type, source.replace('\'', '"'), "train", "abc");

        assertThat(input.candidates()).isEmpty();
        assertThat(input.namespace()).isEqualTo(namespace);
        assertThat(input.name()).isEqualTo(name);
    }

    @Test
    void its_schema_names_columns() {
        assertThat(withSchema("{\"mlflow_colspec\": [{\"name\": \"a\", \"type\": \"long\"}, {\"name\": \"b\"}]}")
                        .columns())
                .containsExactly("a", "b");
        assertThat(withSchema("{\"mlflow_tensorspec\": {}}").columns()).isEmpty();
        assertThat(withSchema("{\"mlflow_colspec\": [{\"type\": \"long\"}]}").columns())
                .isEmpty();
        assertThat(withSchema("[").columns()).isEmpty();
    }

    private static MlflowInput withSchema(String schema) {
        return MlflowInput.of(new DatasetInput("n", "d", "http", "{}", schema, null, Map.of()));
    }

    private static MlflowInput of(String type, String source, String name, String digest) {
        return MlflowInput.of(new DatasetInput(name, digest, type, source, null, null, Map.of()));
    }

    @Test
    void anything_at_all_is_read() {
        for (String odd :
                List.of("", "null", "[]", "5", "{\"url\": 5}", "{\"url\": \"http://[\"}", "{\"uri\": \"a.\"}")) {
            assertThat(of("http", odd, "n", "d").name()).isNotEmpty();
        }
    }
}

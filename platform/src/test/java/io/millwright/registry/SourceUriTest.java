package io.millwright.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Places that look like one and are another. What MLflow answers to them stands in `golden/registry/sources.http`.
class SourceUriTest {
    private static final SourceUri ROOT = SourceUri.of("mlflow-artifacts:/1/0a/artifacts");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlflow-artifacts:/1/0a/artifacts/../../x",
                "mlflow-artifacts:/1/0a/artifacts/%2e%2e/x",
                "mlflow-artifacts:/1/0a/artifacts/%2E./x",
                "mlflow-artifacts:/1/0a/artifacts/%252e%252e/x",
                "mlflow-artifacts:/1/0a/artifacts/%25252e%25252e%25252fx",
                "mlflow-artifacts:/1/0a/artifacts/..%2fx",
                "mlflow-artifacts:/1/0a/artifacts/./x",
                "mlflow-artifacts:/1/0a/artifacts/x%00",
                "mlflow-artifacts:/1/0a/artifacts/.%0a./x",
                "mlflow-artifacts:/1/0a/artifacts/x\n",
                "mlflow-artifacts:1/0a/artifacts",
                "mlflow-artifacts:",
                "s3://bucket",
                "s3://bucket/",
                "s3://bucket//",
                "s3://bucket?/a",
                "dbfs:a",
            })
    void a_path_that_leads_elsewhere_is_not_plain(String text) {
        assertThat(SourceUri.of(text).isPlain()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://bucket/a",
                "s3://bucket/a//b/",
                "s3://bucket/a+b c%20d",
                "s3://bucket/100%",
                "s3://bucket/..a/b..",
                "dbfs:/a",
                "mlflow-artifacts:/1/0a/artifacts",
            })
    void an_absolute_path_is_plain(String text) {
        assertThat(SourceUri.of(text).isPlain()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlflow-artifacts:/1/0a/artifacts2",
                "mlflow-artifacts:/1/0a",
                "mlflow-artifacts:/1/0a/artifacts%2fx",
                "mlflow-artifacts://host/1/0a/artifacts/x",
                "s3:/1/0a/artifacts/x",
                "/1/0a/artifacts/x",
                "",
            })
    void what_lies_beside_is_not_within(String text) {
        assertThat(SourceUri.of(text).isWithin(ROOT)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlflow-artifacts:/1/0a/artifacts",
                "mlflow-artifacts:/1/0a/artifacts/x/y",
                "MLflow-Artifacts:/1//0a/artifacts/x",
            })
    void what_lies_below_is_within(String text) {
        assertThat(SourceUri.of(text).isWithin(ROOT)).isTrue();
    }

    @Test
    void nothing_is_within_no_root() {
        assertThat(SourceUri.of("https://example.com/a").isWithin(SourceUri.of("https://example.com")))
                .isFalse();
    }

    @Test
    void escapes_within_escapes_end() {
        String text = "s3://bucket/" + "%25".repeat(600) + "2e";

        assertThat(SourceUri.of(text).isPlain()).isTrue();
    }
}

package io.millwright.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every spelling by which a client might choose a place on the server's machine, or climb out of the store.
class ArtifactLocationsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/etc",
                "/",
                "//etc/passwd",
                "etc",
                "./mlruns",
                "../mlruns",
                "..",
                "~/mlruns",
                "$HOME",
                "file:///etc",
                "file:/etc",
                "file:etc",
                "FILE:///etc",
                "File:/etc",
                "file://localhost/etc",
                " file:///etc",
                "C:\\artifacts",
                "C:/artifacts",
                "c:artifacts",
                "\\\\host\\share",
                "jar:file:/a.jar!/b",
                "http://127.0.0.1/a",
                "https://example.com/a",
                "netdoc:/etc",
                "mlflow-artifacts:",
                "mlflow-artifacts:etc",
                "mlflow-artifacts:../x",
                "mlflow-artifacts:/../x",
                "mlflow-artifacts:/a/../../x",
                "mlflow-artifacts:/a/..",
                "mlflow-artifacts:/%2e%2e/x",
                "mlflow-artifacts:/%2E%2E/x",
                "mlflow-artifacts:/a/%2e%2e%2fx",
                "mlflow-artifacts:/%252e%252e/x",
                "mlflow-artifacts:/..%5cx",
                "mlflow-artifacts:/..\\x",
                "mlflow-artifacts:/a%5c..%5cx",
                "mlflow-artifacts://host/a",
                "mlflow-artifacts://host:8080/a",
                "mlflow-artifacts://user@host/../a",
                "mlflow-artifacts:////../a",
                "MLFLOW-ARTIFACTS:/../x",
                "mlflow-artifacts:/a?path=../../x",
                "mlflow-artifacts:/a#/../x",
                "s3://bucket/../other",
                "s3://bucket/a/%2e%2e/b",
                "s3://bucket/a/%252e%252e/b",
                "s3://bucket/a\\..\\b",
                "s3://bucket/a?versionId=../b",
                "S3://bucket/../other",
                "runs:/0123/model",
                "models:/churn/1",
                "\u0000/etc",
                "mlflow-artifacts:/a\u0000b",
                "mlflow-artifacts:/a\nb",
            })
    void a_client_cannot_choose(String location) {
        assertThatThrownBy(() -> ArtifactLocations.chosenByClient(location))
                .isInstanceOf(Failure.class)
                .extracting(thrown -> ((Failure) thrown).code())
                .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlflow-artifacts:/",
                "mlflow-artifacts:/team/churn",
                "mlflow-artifacts:/a..b/c",
                "s3://bucket/path",
                "S3://bucket/path",
                "gs://bucket",
                "abfss://container@account.dfs.core.windows.net/path with blanks",
                "hdfs://name:8020/path",
                "dbfs:/path",
            })
    void a_client_may_choose(String location) {
        assertThat(ArtifactLocations.chosenByClient(location)).isEqualTo(location);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlflow-artifacts:/a/b", "mlflow-artifacts:/a//b", "mlflow-artifacts:/./a/b/"})
    void spellings_of_one_place_are_one_path(String location) {
        assertThat(ArtifactLocations.ownPath(location)).contains("a/b");
    }
}

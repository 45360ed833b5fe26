package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The headers of a download, as `mlflow server` 3.17.2 answers them.
final class ArtifactDownloadTest {
    @ParameterizedTest
    @CsvSource({
        "x.txt, text/plain",
        "x.py, text/plain",
        "MLmodel, text/plain",
        "MLproject, text/plain",
        "x.json, text/plain",
        "x.csv, text/plain",
        "x.yaml, text/plain",
        "x.html, text/html",
        "x.png, image/png",
        "x.PNG, image/png",
        "x.svg, image/svg+xml",
        "a.tar.gz, application/x-tar",
        "x.zip, application/zip",
        "x.pkl, application/octet-stream",
        "x.parquet, application/octet-stream",
        "x, application/octet-stream",
        ".txt, application/octet-stream",
        "x.onnx, application/octet-stream",
        "x.pdf, application/pdf",
        "x.gz, application/octet-stream",
        "x., application/octet-stream",
    })
    void the_media_type_follows_the_name(String name, String type) {
        assertThat(MediaTypes.of(name)).isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        x.txt      | attachment; filename=x.txt
        sp ace.txt | attachment; filename="sp ace.txt"
        é.csv      | attachment; filename=e.csv; filename*=UTF-8''%C3%A9.csv
        q"uote.txt | attachment; filename="q\\"uote.txt"
        日本.bin    | attachment; filename=.bin; filename*=UTF-8''%E6%97%A5%E6%9C%AC.bin
        a;b=c      | attachment; filename="a;b=c"
        """)
    void the_name_is_told_to_browsers_as_mlflow_tells_it(String name, String disposition) {
        assertThat(ArtifactDownload.disposition(name)).isEqualTo(disposition);
    }

    @Test
    void a_name_does_not_add_headers() {
        assertThat(ArtifactDownload.disposition("a\r\nset-cookie: x\u0000")).doesNotContain("\r", "\n", "\0");
    }
}

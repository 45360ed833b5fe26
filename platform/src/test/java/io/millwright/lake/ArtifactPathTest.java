package io.millwright.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ArtifactPathTest {
    /// Checked against `mlflow.utils.uri.validate_path_is_safe` of MLflow 3.17.2, which refuses those of the
    /// first lines on Linux too. The lines after the backslashes are ours: they would hurt a client on Windows.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                "../a",
                "a/..",
                "a/../b",
                "../../etc/passwd",
                "a/b/../../..",
                "%2e%2e/a",
                "%2E%2E/a",
                "a/%2e%2e",
                "%2e./a",
                ".%2e/a",
                "..%2Fa",
                "..%2f..%2fetc",
                "a%2f..%2fb",
                "%252e%252e/a",
                "%25252e%25252e/a",
                "..%252Fa",
                "%25252525252525252525252e%25252525252525252525252e/a",
                "/a",
                "//a",
                "///",
                "/",
                "%2Fa",
                "%252Fetc%252Fpasswd",
                "C:/a",
                "c:/a",
                "C:\\a",
                "C%3A/a",
                "\\\\host\\share",
                "%5C%5Chost%5Cshare",
                "file:///etc/passwd",
                "file:/etc/passwd",
                "file:a",
                "FILE:///x",
                "%66ile:///x",
                "a#b",
                "a%23b",
                "#",
                "..\\a",
                "a\\..\\b",
                "a%5c..%5cb",
                "a\\b",
                "\\",
                "C:a",
                "c:",
                ".. /a",
                "a/ ../b",
            })
    void a_path_that_climbs_is_refused_in_mlflows_words(String spelling) {
        assertThatThrownBy(() -> ArtifactPath.of(spelling)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(failure.message()).isEqualTo("Invalid path");
        });
    }

    @Test
    void what_is_no_text_is_refused() {
        for (String spelling : List.of(
                "a\0b",
                "a%00b",
                "a%2500",
                "a\nb",
                "a\rb",
                "\t",
                "a\u007fb",
                "a\u0085b",
                "\ud800",
                "a\udc00b",
                "\udfff\ud83d")) {
            assertThatThrownBy(() -> ArtifactPath.of(spelling))
                    .as("%s", spelling)
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid path: ");
        }
    }

    @Test
    void the_length_is_counted_in_bytes() {
        assertThat(ArtifactPath.of("é".repeat(512)).value()).hasSize(512);
        assertThatThrownBy(() -> ArtifactPath.of("é".repeat(512) + "a"))
                .hasMessage("Invalid path: 1025 bytes of UTF-8, expected at most 1024.");
    }

    @ParameterizedTest
    @CsvSource({
        "a, a",
        "a/b/c, a/b/c",
        "a/, a",
        "a/b/, a/b",
        "a//b, a/b",
        "./a, a",
        "a/./b, a/b",
        "a/., a",
        "., ''",
        "'', ''",
        "..., ...",
        "a/..b, a/..b",
        "a../b, a../b",
        "100%.txt, 100%.txt",
        "50%20off, 50%20off",
        "%41, %41",
        "%zz, %zz",
        "%, %",
        "a b, a b",
        "ab:c, ab:c",
        "x/C:/y, x/C:/y",
        "~/a, ~/a",
        "~, ~",
        "http://x/y, http:/x/y",
        "-rf, -rf",
        "$(a), $(a)",
        "'a;b', 'a;b'",
        "é/日本/😀.txt, é/日本/😀.txt",
        "CON, CON",
        ".hidden, .hidden",
        "a?b, a?b",
    })
    void a_path_that_stays_below_is_kept(String spelling, String value) {
        assertThat(ArtifactPath.of(spelling).value()).isEqualTo(value);
    }

    @Test
    void a_file_has_a_name() {
        assertThat(ArtifactPath.ofFile("a/b.txt").name()).isEqualTo("b.txt");
        assertThat(ArtifactPath.ofFile("a/b.txt").parent().value()).isEqualTo("a");
        assertThat(ArtifactPath.ofFile("b.txt").parent().isRoot()).isTrue();
        assertThatThrownBy(() -> ArtifactPath.ofFile("a/"))
                .hasMessage("Artifact path must include a filename (cannot end with '/').");
        assertThatThrownBy(() -> ArtifactPath.ofFile("")).hasMessage("Invalid path");
        assertThatThrownBy(() -> ArtifactPath.ofFile(".")).hasMessage("Invalid path");
        assertThatThrownBy(() -> ArtifactPath.ofFile("a/./b")).hasMessage("Invalid path");
    }
}

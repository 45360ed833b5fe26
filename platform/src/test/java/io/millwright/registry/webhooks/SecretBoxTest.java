package io.millwright.registry.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretBoxTest {
    @TempDir
    Path home;

    private SecretBox box(String key) {
        return new SecretBox(settings(key));
    }

    private WebhookSettings settings(String key) {
        return new WebhookSettings(
                false,
                List.of(),
                Duration.ofSeconds(1),
                1,
                Duration.ofDays(1),
                key,
                home.resolve("webhook-secret.key"));
    }

    @Test
    void a_secret_is_read_by_the_next_process_with_the_key_file_of_the_first() throws IOException {
        byte[] sealed = box("").seal("w", "geheim ü");

        assertThat(new String(box("").open("w", sealed), StandardCharsets.UTF_8))
                .isEqualTo("geheim ü");
        Path file = home.resolve("webhook-secret.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("geheim");
    }

    @Test
    void the_same_secret_never_looks_the_same() {
        assertThat(box("0123456789abcdef").seal("w", "s"))
                .isNotEqualTo(box("0123456789abcdef").seal("w", "s"));
    }

    @Test
    void another_key_and_another_webhook_open_nothing() {
        byte[] sealed = box("0123456789abcdef").seal("w", "secret");

        assertThatThrownBy(() -> box("another key of mine").open("w", sealed))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("webhooks.secret-key");
        assertThatThrownBy(() -> box("0123456789abcdef").open("v", sealed)).isInstanceOf(Failure.class);
        sealed[sealed.length - 1] ^= 1;
        assertThatThrownBy(() -> box("0123456789abcdef").open("w", sealed)).isInstanceOf(Failure.class);
    }

    @Test
    void a_broken_key_file_is_told_and_not_replaced() throws IOException {
        Path file = home.resolve("webhook-secret.key");
        Files.writeString(file, "half");

        assertThatThrownBy(() -> box("").seal("w", "s"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("64 hex");
        assertThat(Files.readString(file)).isEqualTo("half");
    }

    @Test
    void the_key_is_in_no_text_about_the_settings() {
        assertThat(settings("0123456789abcdef").toString()).doesNotContain("0123456789abcdef");
    }
}

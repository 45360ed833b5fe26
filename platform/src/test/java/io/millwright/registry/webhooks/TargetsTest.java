package io.millwright.registry.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Where webhooks may lead, when they are saved and when they are sent.
class TargetsTest {
    private static final WebhookSettings SETTINGS = new WebhookSettings(
            false, List.of(), Duration.ofSeconds(5), 3, Duration.ofDays(1), "0123456789abcdef", Path.of("none"));

    private final Deque<String> addresses = new ArrayDeque<>();
    private final Targets targets = new Targets(SETTINGS, host -> {
        if (addresses.isEmpty()) throw new UnknownHostException("Name or service not known");
        return List.of(InetAddress.ofLiteral(addresses.remove()));
    });

    @Test
    void a_name_that_changes_its_mind_after_it_was_saved_reaches_nothing() {
        addresses.addAll(List.of("93.184.215.14", "169.254.169.254"));
        var http = new ScriptedPost();
        var sender = new WebhookSender(targets, new SecretBox(SETTINGS), http, Duration.ofSeconds(5), new FakeClock());

        targets.check("https://rebinding.example/hook");
        WebhookSender.Result result = sender.send(webhook("https://rebinding.example/hook"), null, "id", "{}");

        assertThat(result.error()).contains("non-public IP address", "169.254.169.254");
        assertThat(result.mayRetry()).isFalse();
        assertThat(http.requests).isEmpty();
    }

    @Test
    void what_is_posted_goes_to_the_address_that_was_checked() {
        addresses.add("93.184.215.14");
        var http = new ScriptedPost();
        var sender = new WebhookSender(targets, new SecretBox(SETTINGS), http, Duration.ofSeconds(5), new FakeClock());

        sender.send(webhook("https://public.example:8443/a/b?c=d"), null, "id", "{}");

        HttpPost.Request sent = http.requests.getFirst();
        assertThat(sent.address().getHostAddress()).isEqualTo("93.184.215.14");
        assertThat(sent.host()).isEqualTo("public.example");
        assertThat(sent.port()).isEqualTo(8443);
        assertThat(sent.target()).isEqualTo("/a/b?c=d");
        assertThat(sent.tls()).isTrue();
    }

    @Test
    void a_host_that_is_not_found_may_be_tried_again() {
        var sender = new WebhookSender(
                targets, new SecretBox(SETTINGS), new ScriptedPost(), Duration.ofSeconds(5), new FakeClock());

        assertThat(sender.send(webhook("https://gone.example/"), null, "id", "{}")
                        .mayRetry())
                .isTrue();
        assertThatThrownBy(() -> targets.check("https://gone.example/"))
                .hasMessage("Cannot resolve Webhook URL hostname 'gone.example': Name or service not known");
    }

    @Test
    void a_private_address_is_refused_when_it_is_saved() {
        addresses.add("10.0.0.7");

        assertThatThrownBy(() -> targets.check("https://inside.example/"))
                .hasMessage("Webhook URL must not resolve to a non-public IP address."
                        + " 'inside.example' resolves to 10.0.0.7.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "' '|Webhook URL cannot be empty or just whitespace: ' '",
                "http://x.example/|Invalid webhook URL scheme: 'http'. Allowed schemes are: https.",
                "file:///etc/passwd|Invalid webhook URL scheme: 'file'. Allowed schemes are: https.",
                "no-scheme|Invalid webhook URL scheme: ''. Allowed schemes are: https.",
                "https:///path|Webhook URL must include a hostname: 'https:///path'"
            })
    void what_is_no_url_is_refused_in_mlflows_words(String url, String message) {
        assertThatThrownBy(() -> targets.check(url)).isInstanceOf(Failure.class).hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://user:secret@x.example/",
                "https://x.example:0/",
                "https://x.example:99999/",
                "https://x.example\\@evil/",
                "https://[fe80::1%25eth0]/",
                "https://ü.example/",
                "https://x .example/"
            })
    void what_could_be_read_in_two_ways_is_refused(String url) {
        assertThatThrownBy(() -> targets.check(url)).isInstanceOf(Failure.class);
    }

    @Test
    void hosts_of_containers_and_bare_addresses_are_understood() {
        assertThat(WebhookUrl.parse("https://my_service:81?x", false))
                .isEqualTo(new WebhookUrl(true, "my_service", 81, "/?x"));
        assertThat(WebhookUrl.parse("http://[2606:4700::1]/a", true))
                .isEqualTo(new WebhookUrl(false, "2606:4700::1", 80, "/a"));
    }

    private static Webhook webhook(String url) {
        var event = new WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED);
        return new Webhook(
                "id",
                "default",
                "w",
                "",
                url,
                List.of(event),
                WebhookStatus.ACTIVE,
                false,
                Instant.EPOCH,
                Instant.EPOCH);
    }
}

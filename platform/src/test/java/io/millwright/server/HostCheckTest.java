package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostCheckTest {
    private final HostCheck check =
            new HostCheck("203.0.113.7", "Workstation", List.of("mlops.example.org", "*.team.example.org"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:8484",
                "127.9.9.9",
                "10.1.2.3",
                "172.16.0.1",
                "172.31.255.255:80",
                "192.168.1.1",
                "169.254.1.1",
                "203.0.113.7",
                "203.0.113.7:8484",
                "localhost",
                "LOCALHOST:1",
                "localhost.",
                "app.localhost",
                "workstation",
                "WORKSTATION:8484",
                "[::1]",
                "[::1]:8484",
                "[0:0:0:0:0:0:0:1]",
                "[fe80::1]",
                "[fd00::1]:80",
                "[fc12::]",
                "[::ffff:127.0.0.1]",
                "[::ffff:10.0.0.1]",
                "mlops.example.org",
                "MLOps.Example.Org:443",
                "a.team.example.org",
                "a.b.team.example.org"
            })
    void these_hosts_are_ours(String host) {
        assertThat(check.isAllowed(host)).isTrue();
        assertThat(check.isAllowed(host)).isTrue(); // Also when it was the last one.
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.evil.example",
                "127.0.0.1.evil.example",
                "127.0.0.1.",
                "192.168.1.1.nip.io",
                "localhost.evil.example",
                "evillocalhost",
                "evil.example",
                "workstation.evil.example",
                "8.8.8.8",
                "172.32.0.1",
                "172.15.0.1",
                "11.0.0.1",
                "0.0.0.0",
                "127.1",
                "2130706433",
                "0x7f.0.0.1",
                "0177.0.0.1",
                "127.0.0.01",
                "127.0.0.1.1",
                "127.0.0",
                "127.0.0.256",
                "127.0.0.-1",
                "１27.0.0.1",
                "[2001:db8::1]",
                "[::ffff:8.8.8.8]",
                "[::1",
                "::1",
                "[::1]evil",
                "[::1%lo]",
                "[127.0.0.1]",
                "[evil.example]",
                "",
                ":8484",
                "localhost:",
                "localhost:abc",
                "localhost:123456",
                "localhost:80:80",
                "localhost@evil.example",
                "user@localhost",
                "localhost/evil",
                "localhost evil",
                "team.example.org",
                "evilteam.example.org",
                ".team.example.org",
                "mlops.example.org.evil.example"
            })
    void these_hosts_are_not(String host) {
        // An empty port is legal, if odd.
        assertThat(check.isAllowed(host)).isEqualTo(host.equals("localhost:"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8484, 127.0.0.1:8484, true",
        "http://LOCALHOST:8484, localhost:8484, true",
        "http://mlops.example.org, mlops.example.org:80, true",
        "https://mlops.example.org, mlops.example.org, true",
        "https://mlops.example.org:443, mlops.example.org, true",
        "http://localhost:3000, localhost:8484, false",
        "http://127.0.0.1:8484, localhost:8484, false",
        "http://evil.example, 127.0.0.1:8484, false",
        "http://127.0.0.1:8484.evil.example, 127.0.0.1:8484, false",
        "null, 127.0.0.1:8484, false",
        "'', 127.0.0.1:8484, false",
        "127.0.0.1:8484, 127.0.0.1:8484, false",
        "file://, 127.0.0.1:8484, false",
    })
    void an_origin_is_the_same_only_with_the_same_host_and_port(String origin, String host, boolean same) {
        assertThat(HostCheck.isSameOrigin(origin, host)).isEqualTo(same);
    }
}

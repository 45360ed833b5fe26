package io.millwright.registry.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {
    private final AddressRules strict = new AddressRules(List.of());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.255.255.254",
                "0.0.0.0",
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "100.127.255.255",
                "224.0.0.1",
                "239.1.2.3",
                "240.0.0.1",
                "255.255.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "::",
                "::1",
                "fe80::1",
                "fc00::1",
                "fd12:3456::1",
                "ff02::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::7f00:1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "2001::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "fec0::1",
                "100::1"
            })
    void what_leads_inside_is_refused(String address) {
        assertThat(strict.permits(InetAddress.ofLiteral(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "8.8.8.8",
                "100.63.255.255",
                "100.128.0.1",
                "172.15.0.1",
                "172.32.0.1",
                "11.0.0.1",
                "223.255.255.255",
                "2606:4700:4700::1111",
                "2a00:1450::1",
                "64:ff9b::808:808",
                "::ffff:8.8.8.8"
            })
    void a_public_address_is_taken(String address) {
        assertThat(strict.permits(InetAddress.ofLiteral(address))).isTrue();
    }

    @Test
    void an_allowed_range_is_taken_and_nothing_beside_it() {
        var rules = new AddressRules(List.of(IpRange.parse("10.1.0.0/16"), IpRange.parse("::1")));

        assertThat(rules.permits(InetAddress.ofLiteral("10.1.2.3"))).isTrue();
        assertThat(rules.permits(InetAddress.ofLiteral("::ffff:10.1.2.3"))).isTrue();
        assertThat(rules.permits(InetAddress.ofLiteral("64:ff9b::a01:203"))).isTrue();
        assertThat(rules.permits(InetAddress.ofLiteral("::1"))).isTrue();
        assertThat(rules.permits(InetAddress.ofLiteral("10.2.0.1"))).isFalse();
        assertThat(rules.permits(InetAddress.ofLiteral("127.0.0.1"))).isFalse();
    }

    /// Whatever the JDK itself calls local is refused, in each of its IPv6 forms too.
    @Test
    void no_address_that_the_jdk_calls_local_is_taken() throws UnknownHostException {
        var random = new Random(11);
        for (int i = 0; i < 200_000; i++) {
            byte[] four = new byte[4];
            random.nextBytes(four);
            InetAddress address = InetAddress.getByAddress(four);
            boolean taken = strict.permits(address);
            if (isLocal(address)) assertThat(taken).as("%s", address).isFalse();
            byte[] nat64 = {
                0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, four[0], four[1], four[2], four[3]
            };
            assertThat(strict.permits(Inet6Address.getByAddress(nat64)))
                    .as("%s behind NAT64", address)
                    .isEqualTo(taken);
        }
    }

    private static boolean isLocal(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || address.isAnyLocalAddress()
                || address.isMulticastAddress();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "localhost", "10.0.0", "::1/129", "a/8"})
    void what_is_no_range_is_refused(String text) {
        assertThatThrownBy(() -> IpRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}

package io.millwright.registry.webhooks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// Which addresses this server may open for somebody else: public ones, and those an administrator allowed.
///
/// Everything that leads to this machine, to its network or to no single other machine is not public: loopback,
/// private, link-local, unique-local, multicast, carrier-grade NAT, reserved and documentation ranges, and IPv6 forms
/// that stand for such an IPv4 address.
final class AddressRules {
    /// Of IPv4; source: IANA's registry of special-purpose addresses.
    private static final List<IpRange> NOT_PUBLIC_4 = ranges(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4");

    /// The only part of IPv6 that is given out to the public, and what in it is not.
    private static final IpRange PUBLIC_6 = IpRange.parse("2000::/3");

    private static final List<IpRange> NOT_PUBLIC_6 = ranges("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// Behind these 96 bits stands an IPv4 address that a gateway reaches.
    private static final IpRange NAT64 = IpRange.parse("64:ff9b::/96");

    private final List<IpRange> allowed;

    AddressRules(List<IpRange> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    boolean permits(InetAddress address) {
        InetAddress meant = meant(address);
        return Stream.of(address, meant).anyMatch(one -> isIn(allowed, one)) || isPublic(meant);
    }

    private static boolean isPublic(InetAddress address) {
        if (address.getAddress().length == 4) return !isIn(NOT_PUBLIC_4, address);
        return PUBLIC_6.contains(address) && !isIn(NOT_PUBLIC_6, address);
    }

    /// The IPv4 address that an IPv6 form stands for, where it does.
    private static InetAddress meant(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length != 16 || !(isMapped(bytes) || NAT64.contains(address))) return address;
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static boolean isMapped(byte[] bytes) {
        for (int i = 0; i < 10; i++) if (bytes[i] != 0) return false;
        return bytes[10] == -1 && bytes[11] == -1;
    }

    private static boolean isIn(List<IpRange> ranges, InetAddress address) {
        return ranges.stream().anyMatch(range -> range.contains(address));
    }

    private static List<IpRange> ranges(String... texts) {
        return Arrays.stream(texts).map(IpRange::parse).toList();
    }
}

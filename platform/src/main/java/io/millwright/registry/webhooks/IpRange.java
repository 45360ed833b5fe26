package io.millwright.registry.webhooks;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Pattern;

/// A range of addresses, as in `10.0.0.0/8` or `fd00::/8`; a single address is one, too.
///
/// @param first whose first `bits` bits all of them share
public record IpRange(InetAddress first, int bits) {
    private static final Pattern FOUR_PARTS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /// @throws IllegalArgumentException when it is no range
    public static IpRange parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        // Java also takes `10.1` for 10.0.0.1.
        if (address.indexOf(':') < 0 && !FOUR_PARTS.matcher(address).matches()) {
            throw new IllegalArgumentException("'" + address + "' is no address");
        }
        InetAddress first = InetAddress.ofLiteral(address);
        int most = first instanceof Inet4Address ? 32 : 128;
        int bits = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > most) throw new IllegalArgumentException("/" + bits + " is not from /0 to /" + most);
        return new IpRange(first, bits);
    }

    boolean contains(InetAddress address) {
        byte[] mine = first.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) return false;
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((mine[bit / 8] & mask) != (other[bit / 8] & mask)) return false;
        }
        return true;
    }

    @Override
    public String toString() {
        return first.getHostAddress() + "/" + bits;
    }
}

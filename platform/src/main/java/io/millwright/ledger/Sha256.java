package io.millwright.ledger;

import io.millwright.kernel.Digests;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/// A SHA-256 value, or what a row or a file claims to be one.
final class Sha256 {
    static final int LENGTH = 32;
    /// Stands before the first block.
    static final Sha256 ZERO = new Sha256(new byte[LENGTH]);

    private final byte[] bytes;

    private Sha256(byte[] bytes) {
        this.bytes = bytes;
    }

    static Sha256 of(byte[]... parts) {
        MessageDigest digest = Digests.sha256();
        for (byte[] part : parts) digest.update(part);
        return new Sha256(digest.digest());
    }

    /// As it stands in a row: of any length, since anybody may have written there.
    static Sha256 stored(byte[] bytes) {
        return new Sha256(bytes);
    }

    static Sha256 parse(String hex) {
        return new Sha256(HexFormat.of().parseHex(hex));
    }

    /// Not a copy; never changed by its readers.
    byte[] bytes() {
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sha256 that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /// In hex.
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}

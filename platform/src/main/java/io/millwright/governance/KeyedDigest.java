package io.millwright.governance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// HMAC-SHA-256 under a key that only this process has: what it digests can be compared and looked up, not
/// guessed by how long that takes, nor read from a dump of the memory it is kept in.
final class KeyedDigest {
    private final SecureRandom random;
    /// Made on first use: a server without authentication never needs it, and it costs its start. Should two
    /// make one at once, what one of them digested is looked up again.
    private volatile @Nullable Mac made;

    KeyedDigest(SecureRandom random) {
        this.random = random;
    }

    private Mac keyed() {
        Mac known = made;
        if (known != null) return known;
        byte[] key = new byte[32];
        random.nextBytes(key);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            made = mac;
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }

    ByteBuffer of(String text) {
        try {
            Mac mac = (Mac) keyed().clone(); // Never used itself, so it may be cloned by many at once.
            return ByteBuffer.wrap(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e); // The JDK's own can be.
        }
    }
}

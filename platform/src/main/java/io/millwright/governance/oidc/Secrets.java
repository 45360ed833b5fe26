package io.millwright.governance.oidc;

import io.millwright.kernel.Digests;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/// Texts that nobody guesses: 256 random bits in URL-safe Base64.
final class Secrets {
    private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final SecureRandom random;

    Secrets(SecureRandom random) {
        this.random = random;
    }

    String make() {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        return BASE64.encodeToString(secret);
    }

    /// Whether it is written as a secret is.
    static boolean isSecret(String text) {
        return SECRET.matcher(text).matches();
    }

    /// SHA-256 in URL-safe Base64: what is stored of a secret, and what RFC 7636 calls S256.
    static String digest(String secret) {
        return BASE64.encodeToString(Digests.sha256().digest(secret.getBytes(StandardCharsets.UTF_8)));
    }
}

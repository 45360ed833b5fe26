package io.millwright.governance;

import io.millwright.kernel.Digests;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// How a token is written: `mw_` and 256 random bits in URL-safe Base64.
public final class TokenText {
    private static final Pattern TOKEN = Pattern.compile("mw_[A-Za-z0-9_-]{43}");

    private TokenText() {}

    /// A text without the tokens in it, fit for a log.
    public static String masked(String text) {
        return text.contains("mw_") ? TOKEN.matcher(text).replaceAll("mw_****") : text;
    }

    static String make(SecureRandom random) {
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        return "mw_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    }

    public static boolean isToken(String text) {
        return TOKEN.matcher(text).matches();
    }

    /// What is stored of it. A plain hash is enough: nobody guesses 256 bits.
    static String digest(String token) {
        return HexFormat.of().formatHex(Digests.sha256().digest(token.getBytes(StandardCharsets.UTF_8)));
    }
}

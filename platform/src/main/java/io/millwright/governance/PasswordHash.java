package io.millwright.governance;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/// How a password is kept and checked: PBKDF2-HMAC-SHA512 (RFC 8018), written as
/// `pbkdf2-sha512$rounds$salt$hash`.
///
/// A check takes about a tenth of a second of CPU on purpose; see [SignInService] for how many run at once.
final class PasswordHash {
    static final int ROUNDS = 210_000;

    private static final String SCHEME = "pbkdf2-sha512";
    private static final int HASH_BITS = 512;
    private static final int SALT_BYTES = 16;
    /// What an unknown user's password is checked against, so that it takes as long as a known one's.
    private static final String NOBODYS = text(ROUNDS, new byte[SALT_BYTES], new byte[HASH_BITS / 8]);

    private PasswordHash() {}

    static String of(String password, SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return text(ROUNDS, salt, derive(password, salt, ROUNDS));
    }

    /// False, as slowly as for a wrong password.
    static boolean checkNobodys(String password) {
        boolean _ = check(password, NOBODYS);
        return false;
    }

    static boolean check(String password, String kept) {
        String[] parts = kept.split("\\$", -1);
        if (parts.length != 4 || !parts[0].equals(SCHEME)) {
            throw new IllegalStateException("a password is kept in a way that this release does not know");
        }
        byte[] salt = Base64.getDecoder().decode(parts[2]);
        byte[] expected = Base64.getDecoder().decode(parts[3]);
        return MessageDigest.isEqual(derive(password, salt, Integer.parseInt(parts[1])), expected);
    }

    private static String text(int rounds, byte[] salt, byte[] hash) {
        Base64.Encoder base64 = Base64.getEncoder();
        return SCHEME + "$" + rounds + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
    }

    private static byte[] derive(String password, byte[] salt, int rounds) {
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, rounds, HASH_BITS);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        } finally {
            spec.clearPassword();
        }
    }
}

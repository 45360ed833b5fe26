package io.millwright.registry.webhooks;

import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Keeps webhooks' secrets, which signing needs in clear, encrypted in the database: AES-256-GCM, bound to the webhook.
///
/// The key comes from a setting, or from a file that is made when it is first needed. Several processes on one database
/// need the same key.
final class SecretBox {
    private static final byte VERSION = 1;
    private static final int NONCE_LENGTH = 12;
    private static final int TAG_BITS = 128;
    private static final int KEY_LENGTH = 32;

    private final String setting;
    private final Path keyFile;
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock lock = new ReentrantLock();
    /// Guarded by the lock.
    private @Nullable SecretKeySpec key;

    SecretBox(WebhookSettings settings) {
        this.setting = settings.secretKey();
        this.keyFile = settings.keyFile();
    }

    byte[] seal(String webhook, String secret) {
        byte[] nonce = new byte[NONCE_LENGTH];
        random.nextBytes(nonce);
        try {
            byte[] sealed =
                    cipher(Cipher.ENCRYPT_MODE, webhook, nonce).doFinal(secret.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.allocate(1 + NONCE_LENGTH + sealed.length)
                    .put(VERSION)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is in every JDK", e);
        }
    }

    /// The secret's bytes.
    ///
    /// @throws io.millwright.kernel.Failure WRONG_STATE when it was sealed with another key
    byte[] open(String webhook, byte[] sealed) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(sealed);
            if (buffer.get() != VERSION) throw otherKey();
            byte[] nonce = new byte[NONCE_LENGTH];
            buffer.get(nonce);
            byte[] rest = new byte[buffer.remaining()];
            buffer.get(rest);
            return cipher(Cipher.DECRYPT_MODE, webhook, nonce).doFinal(rest);
        } catch (GeneralSecurityException e) {
            throw otherKey();
        }
    }

    private static RuntimeException otherKey() {
        return WRONG_STATE.because("The webhook's secret was encrypted with another key than this server has. Set"
                + " webhooks.secret-key to that key on every server, or give the webhook its secret again.");
    }

    private Cipher cipher(int mode, String webhook, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key(), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(webhook.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private SecretKeySpec key() throws GeneralSecurityException {
        lock.lock();
        try {
            SecretKeySpec known = key;
            if (known == null) key = known = new SecretKeySpec(setting.isEmpty() ? ofFile() : ofSetting(), "AES");
            return known;
        } finally {
            lock.unlock();
        }
    }

    private byte[] ofSetting() throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(setting.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] ofFile() {
        try {
            if (!Files.exists(keyFile)) makeFile();
            byte[] bytes = HexFormat.of().parseHex(Files.readString(keyFile).strip());
            if (bytes.length == KEY_LENGTH) return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw WRONG_STATE.because(
                "The key file %s does not hold 64 hex digits. Restore it from a backup, or remove it and give each"
                        + " webhook its secret again.",
                keyFile.getFileName());
    }

    private void makeFile() throws IOException {
        byte[] bytes = new byte[KEY_LENGTH];
        random.nextBytes(bytes);
        var onlyOwner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel file = FileChannel.open(keyFile, options, onlyOwner)) {
            file.write(ByteBuffer.wrap((HexFormat.of().formatHex(bytes) + "\n").getBytes(StandardCharsets.UTF_8)));
            file.force(true);
        } catch (FileAlreadyExistsException e) {
            // Another process was first; its key counts.
        }
    }
}

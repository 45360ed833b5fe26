package io.millwright.serving.live;

import io.millwright.kernel.Digests;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Opened;
import io.millwright.runtime.format.ModelFile;
import io.millwright.serving.worker.Folders;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/// What models were exported to, by what they and the exporter are: no Python runs, and no library's large file is
/// read, when a server starts again or an endpoint wakes up. What was not used for longest goes when there are too
/// many.
final class Exports {
    private static final List<String> FILES = List.of(ModelFile.NAME, InputExample.ANSWERS);
    private static final String REFUSAL = "refusal.txt";
    private static final String READER = "reader.txt";

    private final Path folder;
    private final int most;

    /// @param most that are kept
    Exports(Path folder, int most) {
        this.folder = folder;
        this.most = most;
    }

    /// @param content of the model's folder, as [#content] tells it
    /// @param exporter what of it makes a difference
    /// @return names what it is exported to
    static String key(String content, String exporter) {
        byte[] both = (content + "\n" + exporter).getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Digests.sha256().digest(both));
    }

    /// Tells what is in a model's folder.
    static String content(Path model) throws IOException {
        MessageDigest digest = Digests.sha256();
        List<Path> files;
        try (Stream<Path> found = Files.walk(model)) {
            files = found.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .toList();
        }
        byte[] bytes = new byte[1 << 16];
        for (Path file : files) {
            String named = "\n" + model.relativize(file) + "\n" + Files.size(file) + "\n";
            digest.update(named.getBytes(StandardCharsets.UTF_8));
            try (InputStream in = Files.newInputStream(file)) {
                for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) digest.update(bytes, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Puts what is known of a model into its folder.
    ///
    /// @return whether something is
    boolean restore(String key, Path model) throws IOException {
        Path known = folder.resolve(key);
        if (!Files.isRegularFile(known.resolve(ModelFile.NAME))) return false;
        for (String name : FILES) {
            Path file = known.resolve(name);
            if (Files.exists(file)) Files.copy(file, model.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.setLastModifiedTime(known, FileTime.from(Instant.now()));
        return true;
    }

    /// A model that was read before.
    Optional<Opened.Native> model(String key) throws IOException {
        Path known = folder.resolve(key);
        if (!Files.isRegularFile(known.resolve(READER))) return Optional.empty();
        Optional<Opened> opened = ModelFolder.exported(known);
        if (!(opened.orElse(null) instanceof Opened.Native(var model, var _))) return Optional.empty();
        Files.setLastModifiedTime(known, FileTime.from(Instant.now()));
        return Optional.of(new Opened.Native(model, Files.readString(known.resolve(READER))));
    }

    /// Keeps a model that was read from its library's file.
    void keep(String key, Opened.Native read) throws IOException {
        Path made = begin();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(made.resolve(ModelFile.NAME)))) {
            ModelFile.write(read.model(), out);
        }
        Files.writeString(made.resolve(READER), read.reader());
        end(key, made);
    }

    /// Why a model cannot be exported, if that was found out.
    Optional<String> refusal(String key) throws IOException {
        Path file = folder.resolve(key).resolve(REFUSAL);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }

    /// Keeps what an export has left in a model's folder.
    void keep(String key, Path model) throws IOException {
        Path made = begin();
        for (String name : FILES)
            if (Files.exists(model.resolve(name))) Files.copy(model.resolve(name), made.resolve(name));
        end(key, made);
    }

    void keepRefusal(String key, String why) throws IOException {
        Path made = begin();
        Files.writeString(made.resolve(REFUSAL), why);
        end(key, made);
    }

    private Path begin() throws IOException {
        return Files.createDirectories(folder.resolve("new-" + UUID.randomUUID()));
    }

    private void end(String key, Path made) throws IOException {
        try {
            Files.move(made, folder.resolve(key), StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            Folders.remove(made); // Somebody was faster.
        }
        List<Path> all;
        try (Stream<Path> found = Files.list(folder)) {
            all = found.sorted(Comparator.comparing(Exports::lastUsed)).toList();
        }
        for (int i = 0; i < all.size() - most; i++) Folders.remove(all.get(i));
    }

    private static FileTime lastUsed(Path each) {
        try {
            return Files.getLastModifiedTime(each);
        } catch (IOException e) {
            return FileTime.fromMillis(0); // It has just been removed.
        }
    }
}

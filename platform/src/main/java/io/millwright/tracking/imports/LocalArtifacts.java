package io.millwright.tracking.imports;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds the artifacts of runs and logged models on this machine's disk.
///
/// A folder is read only when its real path ends in `<id of the run or model>/artifacts`: on many servers
/// any client may choose an experiment's artifact location, so an URI alone is no reason to read, say,
/// `/etc`.
final class LocalArtifacts {
    private static final String FOLDER = "artifacts";
    /// From `<root>/<experiment>/models/<id>/artifacts` up to the root.
    private static final int LEVELS_TO_ROOT = 4;

    private final Path base;
    private final List<Path> roots;
    private final boolean rootsWereGiven;
    private final ImportNotes notes;

    /// @param base the folder in which MLflow ran, as far as one can tell: relative paths start there, and there its
    ///     folders `mlartifacts` and `mlruns` lie unless it was told otherwise
    /// @param given where the operator says the roots of artifacts lie; may be empty
    LocalArtifacts(Path base, List<Path> given, ImportNotes notes) {
        this.base = base;
        this.rootsWereGiven = !given.isEmpty();
        this.roots = rootsWereGiven
                ? List.copyOf(given)
                : Stream.of("mlartifacts", "mlruns")
                        .map(base::resolve)
                        .filter(Files::isDirectory)
                        .toList();
        this.notes = notes;
    }

    /// @param ownerId of the run or logged model
    /// @param nearby a folder beside its metadata, or null
    SourceArtifacts find(String ownerId, String uri, @Nullable Path nearby) throws IOException {
        if (nearby != null && hasFiles(nearby)) return new FilesUnder(nearby.toRealPath());
        return switch (ArtifactUri.parse(uri)) {
            case ArtifactUri.Remote(String remote) -> new SourceArtifacts.Remote(remote);
            case ArtifactUri.Local(Path path) ->
                local(ownerId, base.resolve(path).normalize(), nearby);
            case ArtifactUri.Proxied(String path, String _) -> proxied(ownerId, path, uri);
        };
    }

    private SourceArtifacts local(String ownerId, Path path, @Nullable Path nearby) throws IOException {
        if (!isOwn(ownerId, path)) return notOwn(ownerId, path);
        List<Path> candidates = new ArrayList<>();
        candidates.add(path);
        // The whole tree may have been moved: look for its end under the roots.
        for (Path root : roots) {
            for (int names = 3; names <= LEVELS_TO_ROOT && names <= path.getNameCount(); names++) {
                candidates.add(root.resolve(path.subpath(path.getNameCount() - names, path.getNameCount())));
            }
        }
        for (Path candidate : candidates) {
            if (Files.isDirectory(candidate)) return own(ownerId, candidate);
        }
        // The URI names the very folder beside the metadata, as it was called before the whole was moved.
        if (nearby != null && haveSameEnd(path, nearby)) return new NoFiles();
        // MLflow makes the folder with the first artifact: without one it is missing, and that is in order.
        Path above = path;
        for (int level = 0; level < LEVELS_TO_ROOT && above != null; level++) above = above.getParent();
        boolean rootIsThere = above != null && above.getNameCount() > 0 && Files.isDirectory(above);
        if (rootIsThere || rootsWereGiven) return new NoFiles();
        return new SourceArtifacts.Unreadable(path + " is not on this machine. If the folder was moved, say where it is"
                + " now: --from-artifacts DIR, the folder that holds the experiments' folders");
    }

    private static boolean haveSameEnd(Path a, Path b) {
        int names = 3; // <experiment>/<run>/artifacts, or models/<logged model>/artifacts
        return a.getNameCount() >= names
                && b.getNameCount() >= names
                && a.subpath(a.getNameCount() - names, a.getNameCount())
                        .equals(b.subpath(b.getNameCount() - names, b.getNameCount()));
    }

    private SourceArtifacts proxied(String ownerId, String path, String uri) throws IOException {
        if (roots.isEmpty()) {
            return new SourceArtifacts.Unreadable(uri + " lies behind MLflow's proxy. Say where that keeps its files:"
                    + " --from-artifacts DIR, the server's --artifacts-destination");
        }
        for (Path root : roots) {
            Path folder = root.resolve(path).normalize();
            if (!folder.startsWith(root.normalize()) || !isOwn(ownerId, folder)) return notOwn(ownerId, folder);
            if (Files.isDirectory(folder)) return own(ownerId, folder);
        }
        return new NoFiles();
    }

    private SourceArtifacts own(String ownerId, Path folder) throws IOException {
        Path real = folder.toRealPath();
        return isOwn(ownerId, real) ? new FilesUnder(real) : notOwn(ownerId, real);
    }

    private static boolean isOwn(String ownerId, Path path) {
        return path.endsWith(Path.of(ownerId, FOLDER));
    }

    private static SourceArtifacts notOwn(String ownerId, Path path) {
        return new SourceArtifacts.Unreadable(
                "%s is not read: expected a folder that ends in %s/%s".formatted(path, ownerId, FOLDER));
    }

    private static boolean hasFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) return false;
        try (Stream<Path> children = Files.list(folder)) {
            return children.findAny().isPresent();
        }
    }

    /// There is a place for them, and it is empty.
    private record NoFiles() implements SourceArtifacts.Folder {
        @Override
        public void forEach(SourceArtifacts.FileVisitor visitor) {}
    }

    private final class FilesUnder implements SourceArtifacts.Folder {
        private final Path root;

        FilesUnder(Path root) {
            this.root = root;
        }

        @Override
        public void forEach(SourceArtifacts.FileVisitor visitor) throws IOException {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Optional<Path> regular = attributes.isRegularFile() ? Optional.of(file) : target(file, attributes);
                    if (regular.isPresent()) visitor.visit(FileNames.below(root, file), new FileContent(regular.get()));
                    else notes.leftOut("artifact that is no file, or a link out of its folder", file.toString());
                    return FileVisitResult.CONTINUE;
                }
            });
        }

        /// The file that a link leads to, when both lie under the root.
        private Optional<Path> target(Path link, BasicFileAttributes attributes) {
            if (!attributes.isSymbolicLink()) return Optional.empty();
            try {
                Path real = link.toRealPath();
                boolean inside = real.startsWith(root) && Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS);
                return inside ? Optional.of(real) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty(); // It leads nowhere.
            }
        }
    }

    private record FileContent(Path file) implements SourceArtifacts.Content {
        @Override
        public long length() {
            return -1; // A run that is still going on may append while it is read.
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
        }
    }
}

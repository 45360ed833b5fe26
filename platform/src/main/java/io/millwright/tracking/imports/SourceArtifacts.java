package io.millwright.tracking.imports;

import java.io.IOException;
import java.io.InputStream;

/// Where the artifacts of a run or a logged model are.
public sealed interface SourceArtifacts {
    /// In a store that clients reach by themselves, such as S3: the URI is kept, nothing is copied.
    record Remote(String uri) implements SourceArtifacts {}

    /// Not to be read from here.
    ///
    /// @param why for people, and what they can do about it
    record Unreadable(String why) implements SourceArtifacts {}

    /// To be copied.
    non-sealed interface Folder extends SourceArtifacts {
        void forEach(FileVisitor visitor) throws IOException;
    }

    /// Takes one file after the other.
    @FunctionalInterface
    interface FileVisitor {
        /// @param path relative, with slashes
        void visit(String path, Content content) throws IOException;
    }

    /// The bytes of one file; opened again when a try failed.
    interface Content {
        /// @return -1 when unknown
        long length();

        InputStream open() throws IOException;
    }
}

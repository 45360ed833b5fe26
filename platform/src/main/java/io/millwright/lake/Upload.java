package io.millwright.lake;

import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// An upload that takes more than one request.
///
/// @param id cannot be guessed; who knows it and may write to the path may add parts
/// @param parts how many are announced; 0 for a presigned upload
/// @param key where S3 keeps it; absent for parts that come to us
/// @param remoteId S3's own id of its multipart upload
record Upload(
        String id,
        String workspace,
        ArtifactPath path,
        Kind kind,
        int parts,
        Optional<String> key,
        Optional<String> remoteId,
        Instant createdAt,
        Optional<Instant> completedAt) {
    enum Kind {
        /// Parts that come to us.
        PARTS,
        /// Parts that go to S3.
        DIRECT_PARTS,
        /// One body that goes to S3.
        DIRECT;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        static Kind of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word().equals(word))
                    .findFirst()
                    .orElseThrow();
        }
    }
}

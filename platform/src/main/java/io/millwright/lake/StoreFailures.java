package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a caller is told when the store itself fails: never where it lies.
final class StoreFailures {
    private static final Logger log = LoggerFactory.getLogger(StoreFailures.class);

    private StoreFailures() {}

    /// A write that failed on our side; a full disk is told apart.
    static Failure ofWrite(IOException error) {
        String text = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("no space left") || text.contains("quota exceeded") || text.contains("not enough space")) {
            log.warn("artifact not stored: {}", error.toString());
            return full();
        }
        log.error("artifact not stored", error);
        return UNAVAILABLE.because("The artifact store cannot be written; nothing of this upload was kept."
                + " The server's log says why. Send it again once that is mended.");
    }

    static Failure full() {
        return UNAVAILABLE.because("The disk that holds the artifacts is full; nothing of this upload was kept."
                + " Free space (./millwright gc), then send it again.");
    }

    /// A store behind the network that did not answer as it should.
    static Failure ofRemote(Exception error) {
        log.error("the artifact store on S3 failed: {}", error.toString());
        log.debug("in full", error);
        return UNAVAILABLE.because("The artifact store on S3 does not answer as it should; nothing was changed."
                + " The server's log says why. Try again.");
    }

    /// A row names content that is not in the store.
    static Failure missing(ArtifactPath path, String key) {
        log.warn("the content of artifact {} is not in the store at {}", path, key);
        return UNAVAILABLE.because(
                "The content of '%s' is not in the artifact store: it was replaced or deleted meanwhile."
                        + " Try again; if it persists, the content is lost and the server's log names it.",
                path);
    }
}

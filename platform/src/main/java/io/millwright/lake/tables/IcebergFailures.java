package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.CONFLICT;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What Iceberg throws, in the words of our catalogue.
final class IcebergFailures {
    private static final Logger log = LoggerFactory.getLogger(IcebergFailures.class);

    private IcebergFailures() {}

    static <T> T told(Supplier<T> body) {
        try {
            return body.get();
        } catch (NoSuchTableException e) {
            throw NOT_FOUND.because(sentence(e) + " See ./millwright data list.");
        } catch (NoSuchNamespaceException e) {
            throw NOT_FOUND.because(sentence(e) + " Create it, or name another.");
        } catch (AlreadyExistsException e) {
            throw NAME_TAKEN.because(sentence(e) + " Choose another name.");
        } catch (NamespaceNotEmptyException e) {
            throw WRONG_STATE.because(sentence(e));
        } catch (CommitFailedException e) {
            throw CONFLICT.because(
                    "Other commits to this dataset kept coming first, and nothing of this one was kept. Send it again.");
        } catch (CommitStateUnknownException e) {
            throw UNAVAILABLE.because(
                    "The database did not say whether the commit took place. Look at the dataset's versions before you send"
                            + " it again.");
        } catch (NotFoundException e) {
            throw missing(e);
        } catch (UncheckedIOException e) {
            throw failed(e);
        } catch (ValidationException | BadRequestException | IllegalArgumentException e) {
            throw INVALID_ARGUMENT.because(sentence(e));
        }
    }

    /// A file of the table is gone; the message ends with its location.
    static Failure missing(NotFoundException e) {
        return FolderWarehouse.missing(String.valueOf(e.getMessage()));
    }

    /// A file could not be written, or not be made sense of; Iceberg's message ends with its location.
    static Failure failed(UncheckedIOException e) {
        log.error("the warehouse failed", e);
        String text = sentence(e);
        return UNAVAILABLE.because(
                "The warehouse failed at the file %s: its disk may be full, or the file damaged. Nothing of this request was"
                        + " kept; other datasets are not touched by that. See the server's log.",
                text.substring(text.lastIndexOf('/') + 1, text.length() - 1));
    }

    static String sentence(RuntimeException e) {
        String text = String.valueOf(e.getMessage()).strip();
        int line = text.indexOf('\n');
        if (line > 0) text = text.substring(0, line);
        return text.endsWith(".") ? text : text + ".";
    }
}

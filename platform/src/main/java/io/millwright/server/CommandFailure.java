package io.millwright.server;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;

/// What a command that failed tells whoever typed it: one line, unless it is a defect of ours.
final class CommandFailure {
    private CommandFailure() {}

    /// @return the exit code
    static int tell(Throwable thrown, PrintWriter err) {
        switch (thrown) {
            case SettingValues.WrongSetting e -> err.println("millwright: " + e.getMessage());
            case Failure e -> err.println("millwright: " + e.message());
            case UncheckedIOException e -> err.println("millwright: " + reason(Objects.requireNonNull(e.getCause())));
            case IOException e -> err.println("millwright: " + reason(e));
            default -> {
                err.println("millwright: this is a defect of Millwright; please report it with what follows.");
                thrown.printStackTrace(err);
            }
        }
        err.flush();
        return 1;
    }

    /// What went wrong, and what to do.
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException file -> place(file) + " may not be written or read by this user.";
            case FileAlreadyExistsException file -> place(file) + " is a file, expected a folder." + ELSEWHERE;
            case NotDirectoryException file -> place(file) + " is a file, expected a folder." + ELSEWHERE;
            case NoSuchFileException file -> place(file) + " is not there and cannot be made." + ELSEWHERE;
            case FileSystemException file -> place(file) + ": " + file.getReason() + "." + ELSEWHERE;
            case ConnectException _ -> "Nobody answers at that address. Start the server there, or check the address.";
            case UnknownHostException _ -> "There is no machine named " + e.getMessage() + ". Check the address.";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    private static final String ELSEWHERE = " Choose another place, or put this one right.";

    private static String place(FileSystemException e) {
        return String.valueOf(e.getFile());
    }
}

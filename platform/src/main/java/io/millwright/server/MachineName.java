package io.millwright.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// This machine's own name, without asking a name server.
final class MachineName {
    private MachineName() {}

    /// Empty when the system does not tell it cheaply.
    static String read() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            String name = System.getenv("HOSTNAME");
            if (name == null) name = System.getenv("COMPUTERNAME");
            return name == null ? "" : name;
        }
    }
}

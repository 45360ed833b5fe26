package io.millwright.server;

/// How the log is written to standard error.
///
/// @param level `error`, `warn`, `info` or `debug`
/// @param format `text` for people, `json` for machines: one object per line
record LogSettings(String level, String format) {
    static LogSettings read(SettingValues values) {
        return new LogSettings(
                values.choice("log.level", "info", "error", "warn", "info", "debug"),
                values.choice("log.format", "text", "text", "json"));
    }
}

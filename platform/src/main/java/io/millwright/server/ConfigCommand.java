package io.millwright.server;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "config",
        description = {
            "Prints every setting, its value and where it came from; passwords are masked.",
            "",
            "With --explain, also what each is for.",
            "",
            "A flag wins over the environment (MILLWRIGHT_SERVER_PORT for server.port), the environment over millwright.yaml.",
            ""
        })
final class ConfigCommand implements Callable<Integer> {
    @Mixin
    SettingsOptions options = new SettingsOptions();

    @Option(names = "--explain", description = "Also says what each is for.")
    boolean explain;

    @Override
    public Integer call() {
        SettingValues values = options.values(Map.of());
        Settings.read(values);
        int key = 0;
        int value = 0;
        for (SettingValues.Effective setting : values.effective()) {
            key = Math.max(key, setting.key().length());
            value = Math.max(value, setting.value().length());
        }
        for (SettingValues.Effective setting : values.effective()) {
            System.out.println(setting.key()
                    + " ".repeat(key + 2 - setting.key().length())
                    + setting.value()
                    + " ".repeat(value + 2 - setting.value().length())
                    + setting.origin());
            if (explain) System.out.println("  " + SettingWords.of(setting.key()));
        }
        return 0;
    }
}

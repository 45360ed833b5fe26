package io.millwright.server;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The program: `millwright COMMAND`. A new command is one more class in the list below.
@Command(
        name = "millwright",
        description = "An MLOps platform in one process.",
        versionProvider = Main.VersionText.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServerCommand.class,
            ConfigCommand.class,
            AuditCommand.class,
            LedgerCommand.class,
            GcCommand.class,
            ImportCommand.class,
            UserCommand.class,
            TokenCommand.class,
            GrantCommand.class,
            PolicyCommand.class,
            PromotionsCommand.class,
            DataCommand.class,
            SqlCommand.class,
            ServingCommands.Deploy.class,
            ServingCommands.Traffic.class,
            ServingCommands.Endpoints.class,
            ServingCommands.Predict.class,
            TruthCommand.class,
        })
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /// The exit code: 0 well, 1 not, 2 not understood.
    static int run(String... arguments) {
        if (arguments.length == 1 && arguments[0].equals("warm-up")) return warmUp();
        Optional<ServerFlags> server = ServerFlags.parse(arguments);
        return server.isPresent() ? serve(server.get()) : runCommand(arguments);
    }

    /// For the launcher alone.
    private static int warmUp() {
        try {
            WarmUp.run();
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int serve(ServerFlags flags) {
        try {
            return ServerCommand.serve(SettingValues.of(flags.settings(), System.getenv(), flags.config()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (RuntimeException e) {
            return CommandFailure.tell(e, new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        }
    }

    private static int runCommand(String... arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        for (CommandLine command : commandLine.getSubcommands().values()) withHelp(command);
        commandLine.setUsageHelpWidth(100);
        commandLine.setExecutionExceptionHandler(
                (thrown, command, parsed) -> CommandFailure.tell(thrown, command.getErr()));
        if (arguments.length == 0) {
            commandLine.usage(System.out);
            return 2;
        }
        return commandLine.execute(arguments);
    }

    private static void withHelp(CommandLine command) {
        // A command that is a method has them already: its parameters are counted from them on.
        if (!command.getCommandSpec().mixinStandardHelpOptions()) {
            command.getCommandSpec().mixinStandardHelpOptions(true);
        }
        for (CommandLine inner : command.getSubcommands().values()) withHelp(inner);
    }

    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Millwright " + Version.MILLWRIGHT, "Java " + Runtime.version()};
        }
    }
}

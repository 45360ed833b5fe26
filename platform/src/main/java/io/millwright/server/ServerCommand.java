package io.millwright.server;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "server",
        description = {
            "Starts the server and stays in the foreground; Ctrl-C or SIGTERM stops it after the requests in progress.",
            "",
            "Without any option it keeps everything in ./millwright-home and listens on 127.0.0.1:8484.",
            ""
        },
        footer = {
            "",
            "Example: ./millwright server --port 0 --artifacts s3://bucket/prefix --db postgresql://me@host/db"
        })
final class ServerCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(ServerCommand.class);

    @Mixin
    SettingsOptions options = new SettingsOptions();

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on (default: 127.0.0.1).")
    @Nullable
    String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on; 0 takes a free one (default: 8484).")
    @Nullable
    String port;

    @Override
    public Integer call() throws InterruptedException {
        Map<String, String> flags = new LinkedHashMap<>();
        SettingsOptions.put(flags, "server.host", host);
        SettingsOptions.put(flags, "server.port", port);
        return serve(options.values(flags));
    }

    /// Starts the server and stays until it is stopped.
    static int serve(SettingValues values) throws InterruptedException {
        Settings settings = Settings.read(values);
        Logging.apply(settings.log());
        requireAuthenticationBeyondLoopback(settings.server());

        Assembly assembly = Assembly.start(settings);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            log.info("stopping: finishing the requests in progress");
                            assembly.close();
                            log.info("stopped");
                            stopped.countDown();
                        },
                        "stop"));
        printReady(settings, assembly, System.out);
        stopped.await();
        return 0;
    }

    private static void printReady(Settings settings, Assembly assembly, PrintStream out) {
        String administrator =
                assembly.firstAdministratorToken().map("""

                        The administrator's token, told this once:
                          %s
                        Use it as MLFLOW_TRACKING_TOKEN and MILLWRIGHT_TOKEN.
                        """::formatted).orElse("");
        // One write, so that whoever waits for the ready line finds the rest beside it.
        out.print("""
                Millwright %s ready at %s
                  home       %s
                  database   %s
                  artifacts  %s

                export MLFLOW_TRACKING_URI=%s
                %s""".formatted(
                        Version.MILLWRIGHT,
                        assembly.uri(),
                        settings.home(),
                        assembly.database(),
                        settings.artifactsUri(),
                        assembly.uri(),
                        administrator));
        out.flush();
    }

    /// Without authentication only this machine may reach the server, unless its owner says otherwise.
    static void requireAuthenticationBeyondLoopback(ServerSettings server) {
        if (server.isLoopback() || server.authentication()) return;
        if (!server.trustNetwork()) {
            throw new SettingValues.WrongSetting(
                    "server.host is '" + server.host() + "', which other machines can reach, and server.authentication"
                            + " is off. Leave it on, or bind to 127.0.0.1. If everybody on that network may read, change"
                            + " and delete everything, set server.trust-network=true.");
        }
        log.warn(
                "no authentication: everybody who reaches {} may read, change and delete everything (server.trust-network=true)",
                server.host());
    }
}

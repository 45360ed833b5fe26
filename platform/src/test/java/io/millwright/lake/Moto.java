package io.millwright.lake;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A server that speaks S3: moto, a Python package, run by the interpreter that `MILLWRIGHT_PEERS_PYTHON` names.
public final class Moto implements AutoCloseable {
    private final Process process;
    private final URI endpoint;

    private Moto(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    public static Moto start(Path log) throws Exception {
        Optional<String> python = Optional.ofNullable(System.getProperty("millwright.peers.python"))
                .or(() -> Optional.ofNullable(System.getenv("MILLWRIGHT_PEERS_PYTHON")));
        assumeTrue(
                python.isPresent(),
                "S3 is tested against moto: set MILLWRIGHT_PEERS_PYTHON to a python that has moto[server]");
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Process process = new ProcessBuilder(
                        python.get(), "-m", "moto.server", "-H", "127.0.0.1", "-p", String.valueOf(port))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Moto moto = new Moto(process, URI.create("http://127.0.0.1:" + port));
        moto.awaitAnswer(log);
        System.setProperty("aws.endpointUrlS3", moto.endpoint.toString());
        System.setProperty("aws.accessKeyId", "test");
        System.setProperty("aws.secretAccessKey", "test-secret");
        return moto;
    }

    private void awaitAnswer(Path log) throws Exception {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
        while (true) {
            try {
                new Socket(endpoint.getHost(), endpoint.getPort()).close();
                return;
            } catch (IOException e) {
                if (!process.isAlive() || Instant.now().isAfter(deadline)) {
                    close();
                    throw new IllegalStateException("moto does not answer; see " + log, e);
                }
                Thread.sleep(50); // Polls for a condition with a deadline.
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        System.clearProperty("aws.endpointUrlS3");
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }
}

package io.millwright.server;

import io.millwright.lake.S3Bucket;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.core.exception.SdkException;

/// A file that a command is given: here, or fetched first from where its user may read it. The server fetches nothing.
final class RemoteFile implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofHours(6);

    private final Path file;
    private final String name;
    private final boolean temporary;

    private RemoteFile(Path file, String name, boolean temporary) {
        this.file = file;
        this.name = name;
        this.temporary = temporary;
    }

    /// @param text a path, or a URL with `http`, `https` or `s3`
    static RemoteFile of(String text) throws IOException, InterruptedException {
        if (!text.matches("(?i)(https?|s3)://.*")) {
            Path path = Path.of(text);
            return new RemoteFile(path, String.valueOf(path.getFileName()), false);
        }
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            throw new RemoteServer.Refused("'" + text + "' is no URL: " + e.getReason() + ".");
        }
        String path = url.getPath() == null ? "" : url.getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (url.getHost() == null || name.isEmpty()) {
            throw new RemoteServer.Refused("'" + text + "' names no file.");
        }
        Path file = Files.createTempFile("millwright-", "");
        try {
            if (url.getScheme().equalsIgnoreCase("s3")) fetchFromS3(url, file);
            else fetch(url, file);
            return new RemoteFile(file, name, true);
        } catch (IOException | InterruptedException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private static void fetch(URI url, Path file) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(30))
                .build()) {
            HttpRequest request = HttpRequest.newBuilder(url).timeout(LONGEST).build();
            HttpResponse<Path> answer = client.send(request, BodyHandlers.ofFile(file));
            if (answer.statusCode() != 200) {
                throw new RemoteServer.Refused(url + " answered " + answer.statusCode() + ", expected 200.");
            }
        }
    }

    private static void fetchFromS3(URI url, Path file) throws IOException {
        Files.delete(file); // The SDK makes it.
        try (S3Bucket bucket = new S3Bucket(URI.create("s3://" + url.getHost()))) {
            bucket.client()
                    .getObject(
                            get -> get.bucket(url.getHost()).key(url.getPath().substring(1)), file);
        } catch (SdkException e) {
            throw new RemoteServer.Refused(url + " cannot be read: " + e.getMessage());
        }
    }

    Path file() {
        return file;
    }

    /// Its name where it came from; the ending tells its kind.
    String name() {
        return name;
    }

    @Override
    public void close() throws IOException {
        if (temporary) Files.deleteIfExists(file);
    }
}

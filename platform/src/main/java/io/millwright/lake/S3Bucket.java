package io.millwright.lake;

import java.net.URI;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/// One bucket and the clients to it, made when first needed, so that starting the server does not load the SDK.
///
/// Credentials and region come from where the SDK looks for them. The endpoint of another server than Amazon's
/// comes from `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` or MLflow's own `MLFLOW_S3_ENDPOINT_URL`; such a server
/// is asked with the bucket in the path.
public final class S3Bucket implements AutoCloseable {
    private final String name;
    /// Empty, or ends with a slash.
    private final String prefix;

    private final Lazy<S3Client> client = new Lazy<>(S3Bucket::newClient);
    private final Lazy<S3Presigner> presigner = new Lazy<>(S3Bucket::newPresigner);

    /// @param location `s3://bucket` or `s3://bucket/prefix`
    public S3Bucket(URI location) {
        this.name = location.getAuthority();
        String path = location.getPath().replaceAll("^/+|/+$", "");
        this.prefix = path.isEmpty() ? "" : path + "/";
    }

    public String name() {
        return name;
    }

    /// Empty, or ends with a slash.
    public String prefix() {
        return prefix;
    }

    /// The name of an object in the bucket.
    String object(String key) {
        return prefix + key;
    }

    public S3Client client() {
        return client.get();
    }

    S3Presigner presigner() {
        return presigner.get();
    }

    private static S3Client newClient() {
        var builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                // What we send carries a hash of ours; many servers of S3's kind do not know the SDK's trailing ones.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        endpoint().ifPresent(endpoint -> builder.endpointOverride(endpoint).forcePathStyle(true));
        region().ifPresent(builder::region);
        return builder.build();
    }

    private static S3Presigner newPresigner() {
        var builder = S3Presigner.builder();
        endpoint()
                .ifPresent(endpoint -> builder.endpointOverride(endpoint)
                        .serviceConfiguration(S3Configuration.builder()
                                .pathStyleAccessEnabled(true)
                                .build()));
        region().ifPresent(builder::region);
        return builder.build();
    }

    private static Optional<URI> endpoint() {
        return setting("aws.endpointUrlS3", "AWS_ENDPOINT_URL_S3")
                .or(() -> setting("aws.endpointUrl", "AWS_ENDPOINT_URL"))
                .or(() -> setting("mlflow.s3EndpointUrl", "MLFLOW_S3_ENDPOINT_URL"))
                .map(URI::create);
    }

    /// Empty to let the SDK look for it: in its configuration files and on the machine it runs on.
    private static Optional<Region> region() {
        Optional<String> named =
                setting("aws.region", "AWS_REGION").or(() -> setting("aws.defaultRegion", "AWS_DEFAULT_REGION"));
        if (named.isEmpty() && endpoint().isPresent())
            return Optional.of(Region.US_EAST_1); // Other servers do not care.
        return named.map(Region::of);
    }

    private static Optional<String> setting(String property, String variable) {
        return Optional.ofNullable(System.getProperty(property))
                .or(() -> Optional.ofNullable(System.getenv(variable)))
                .filter(value -> !value.isBlank());
    }

    @Override
    public void close() {
        client.ifMade(S3Client::close);
        presigner.ifMade(S3Presigner::close);
    }

    /// A value made once, when first asked for.
    private static final class Lazy<T> {
        private final ReentrantLock lock = new ReentrantLock(); // Guards made.
        private final Supplier<T> maker;
        private volatile @Nullable T made;

        Lazy(Supplier<T> maker) {
            this.maker = maker;
        }

        T get() {
            T value = made;
            if (value != null) return value;
            lock.lock();
            try {
                value = made;
                if (value == null) made = value = maker.get();
                return value;
            } finally {
                lock.unlock();
            }
        }

        void ifMade(java.util.function.Consumer<T> action) {
            T value = made;
            if (value != null) action.accept(value);
        }
    }
}

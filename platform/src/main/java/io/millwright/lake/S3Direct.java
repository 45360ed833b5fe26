package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.lake.MultipartUploads.PartInfo;
import io.millwright.lake.MultipartUploads.PartTag;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// What clients do with the bucket themselves: the URLs we sign for them, and looking at what came of it.
final class S3Direct {
    private final S3Bucket bucket;

    S3Direct(S3Bucket bucket) {
        this.bucket = bucket;
    }

    URI presignPut(String key, Duration valid) {
        return remote(() -> bucket.presigner()
                .presignPutObject(presign -> presign.signatureDuration(valid)
                        .putObjectRequest(put -> put.bucket(bucket.name()).key(bucket.object(key))))
                .url()
                .toString());
    }

    URI presignGet(String key, String disposition, String mediaType, Duration valid) {
        return remote(() -> bucket.presigner()
                .presignGetObject(presign -> presign.signatureDuration(valid)
                        .getObjectRequest(get -> get.bucket(bucket.name())
                                .key(bucket.object(key))
                                .responseContentDisposition(disposition)
                                .responseContentType(mediaType)))
                .url()
                .toString());
    }

    URI presignPart(String key, String upload, int number, Duration valid) {
        return remote(() -> bucket.presigner()
                .presignUploadPart(presign -> presign.signatureDuration(valid)
                        .uploadPartRequest(part -> part.bucket(bucket.name())
                                .key(bucket.object(key))
                                .uploadId(upload)
                                .partNumber(number)))
                .url()
                .toString());
    }

    private static URI remote(java.util.function.Supplier<String> url) {
        try {
            return URI.create(url.get());
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    /// Begins an upload in parts; returns S3's id of it.
    String begin(String key) {
        try {
            return bucket.client()
                    .createMultipartUpload(
                            create -> create.bucket(bucket.name()).key(bucket.object(key)))
                    .uploadId();
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    List<PartInfo> parts(String key, String upload) {
        try {
            return bucket
                    .client()
                    .listPartsPaginator(list ->
                            list.bucket(bucket.name()).key(bucket.object(key)).uploadId(upload))
                    .parts()
                    .stream()
                    .map(part -> new PartInfo(part.partNumber(), part.size(), part.eTag()))
                    .toList();
        } catch (S3Exception e) {
            if (e.statusCode() == 404) return List.of();
            throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    /// Makes the parts one object. An upload that S3 does not know is passed over: it may have been finished
    /// before.
    void finish(String key, String upload, List<PartTag> tags) {
        List<CompletedPart> parts = tags.stream()
                .sorted(Comparator.comparingInt(PartTag::number))
                .map(tag -> CompletedPart.builder()
                        .partNumber(tag.number())
                        .eTag(tag.etag())
                        .build())
                .toList();
        try {
            bucket.client()
                    .completeMultipartUpload(complete -> complete.bucket(bucket.name())
                            .key(bucket.object(key))
                            .uploadId(upload)
                            .multipartUpload(all -> all.parts(parts)));
        } catch (S3Exception e) {
            if (e.statusCode() == 404) return;
            if (e.statusCode() == 400) {
                throw INVALID_ARGUMENT.because("The parts do not make an artifact: S3 says "
                        + e.awsErrorDetails().errorCode()
                        + ". Each part but the last holds at least 5 MiB; send the wrong ones again, then"
                        + " complete again.");
            }
            throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    void abort(String key, String upload) {
        try {
            bucket.client()
                    .abortMultipartUpload(abort ->
                            abort.bucket(bucket.name()).key(bucket.object(key)).uploadId(upload));
        } catch (S3Exception e) {
            if (e.statusCode() != 404) throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    /// What a client has sent.
    ///
    /// @param at by S3's clock, whole seconds
    record Arrived(Blob blob, Instant at) {}

    /// What is under the key, if it is there.
    Optional<Arrived> find(String key) {
        try {
            HeadObjectResponse head =
                    bucket.client().headObject(h -> h.bucket(bucket.name()).key(bucket.object(key)));
            Blob blob =
                    new Blob(key, Optional.empty(), Optional.of(head.eTag().replace("\"", "")), head.contentLength());
            return Optional.of(new Arrived(blob, head.lastModified()));
        } catch (S3Exception e) {
            if (e.statusCode() == 404) return Optional.empty();
            throw StoreFailures.ofRemote(e);
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    /// Copies, inside S3, the content as it was found; fails if it changed since.
    void copy(Blob from, String to) {
        try {
            bucket.client().copyObject(copy -> {
                copy.sourceBucket(bucket.name())
                        .sourceKey(bucket.object(from.key()))
                        .destinationBucket(bucket.name())
                        .destinationKey(bucket.object(to));
                from.etag().ifPresent(etag -> copy.copySourceIfMatch("\"" + etag + "\""));
            });
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }

    /// Aborts, or only counts, uploads in parts that began before the instant and that nobody knows.
    long sweep(Predicate<String> known, Instant before, boolean dryRun) {
        try {
            List<MultipartUpload> unknown = bucket
                    .client()
                    .listMultipartUploadsPaginator(
                            list -> list.bucket(bucket.name()).prefix(bucket.prefix()))
                    .uploads()
                    .stream()
                    .filter(upload -> upload.initiated().isBefore(before) && !known.test(upload.uploadId()))
                    .toList();
            if (!dryRun)
                unknown.forEach(
                        upload -> abort(upload.key().substring(bucket.prefix().length()), upload.uploadId()));
            return unknown.size();
        } catch (SdkException e) {
            throw StoreFailures.ofRemote(e);
        }
    }
}

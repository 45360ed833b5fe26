package io.millwright.lake.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.lake.Moto;
import io.millwright.lake.S3Bucket;
import io.millwright.ledger.Db;
import io.millwright.ledger.TestDatabases;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;

/// Tables in a bucket.
final class TablesOnS3Test {
    private static final DatasetName PEOPLE = DatasetName.parse("census.people");
    private static final URI LOCATION = URI.create("s3://lake/team/ml");

    private static Moto moto;

    @TempDir
    Path home;

    @BeforeAll
    static void startMoto(@TempDir Path logs) throws Exception {
        moto = Moto.start(logs.resolve("moto.log"));
    }

    @AfterAll
    static void stopMoto() {
        if (moto != null) moto.close();
    }

    @Test
    void versions_are_written_read_expired_and_swept() {
        FakeClock clock = new FakeClock();
        clock.move(Duration.between(clock.instant(), Instant.now()));
        try (S3Bucket bucket = new S3Bucket(LOCATION);
                Db db = TestDatabases.sqlite(home)) {
            bucket.client().createBucket(create -> create.bucket("lake"));
            try (TestLake lake = new TestLake(db, clock, new LakeSettings(LOCATION, home.resolve("cache"), 1 << 20))) {
                lake.create("census.people");
                for (int i = 0; i < 3; i++) lake.append(PEOPLE, i, 1);
                assertThat(lake.ids(PEOPLE, new At.Version(1))).containsExactly(0L);
                assertThat(lake.ids(PEOPLE, new At.Latest())).containsExactly(0L, 1L, 2L);
                String orphan = lake.tables.get(PEOPLE).location().replace("s3://lake/", "") + "/data/died.parquet";
                bucket.client().putObject(put -> put.bucket("lake").key(orphan), RequestBody.fromString("12345"));

                var keep = new Upkeep.Keep(Optional.of(Duration.ZERO), Optional.of(1));
                clock.move(Duration.ofHours(1));
                Upkeep.Expiry expiry = lake.slice.upkeep().expire(PEOPLE, keep, false);
                assertThat(expiry.versions()).containsExactly(1, 2);
                assertThat(collect(lake).orphans()).isZero();
                clock.move(Duration.ofDays(2));
                assertThat(collect(lake)).isEqualTo(new Upkeep.Report(0, 0, 0, 0, 1, 5, List.of()));

                assertThat(lake.ids(PEOPLE, new At.Latest())).containsExactly(0L, 1L, 2L);
                assertThatThrownBy(() -> lake.ids(PEOPLE, new At.Version(1)))
                        .isInstanceOfSatisfying(
                                Failure.class,
                                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.WRONG_STATE));
                lake.tables.drop(PEOPLE);
                assertThat(collect(lake).datasets()).isEqualTo(1);
                assertThat(bucket.client()
                                .listObjectsV2(list -> list.bucket("lake"))
                                .contents())
                        .isEmpty();
            }
        }
    }

    private static Upkeep.Report collect(TestLake lake) {
        return lake.slice.upkeep().collect(Optional.empty(), Duration.ZERO, false, dataset -> {});
    }
}

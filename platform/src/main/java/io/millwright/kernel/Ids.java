package io.millwright.kernel;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// Makes ids. The random source is passed in, so that tests own chance.
public final class Ids {
    private static final HexFormat HEX = HexFormat.of();

    private final RandomGenerator random;

    public Ids(RandomGenerator random) {
        this.random = random;
    }

    /// 32 lower-case hex digits, 128 random bits: MLflow's form of a run id.
    public String hex32() {
        return HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextLong());
    }

    /// An index in `[0, bound)`, for invented names.
    public int below(int bound) {
        return random.nextInt(bound);
    }
}

package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// Who a grant is for.
public record Subject(Kind kind, String name) {
    /// The order is that of the numbers in the tables.
    public enum Kind {
        USER,
        SERVICE_ACCOUNT,
        GROUP;

        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /// What the ledger calls those who are nobody's account.
    private static final Set<String> RESERVED = Set.of("local", "system", "process", "anonymous", "__token__");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}");

    private static final Pattern NOT_OF_NAME = Pattern.compile("[^A-Za-z0-9_.@+-]");
    private static final Pattern SAYS_SOMETHING = Pattern.compile("[A-Za-z0-9]");
    /// Leaves room for a suffix.
    private static final int LONGEST_GIVEN = 100;

    /// `user:ann`, `service-account:ci` or `group:team`.
    static Subject of(String urn) {
        for (Kind kind : Kind.values()) {
            if (urn.startsWith(kind.word() + ":")) {
                return new Subject(kind, checkedName(urn.substring(kind.word().length() + 1)));
            }
        }
        throw INVALID_ARGUMENT.because(
                "'%s' names nobody, expected user:NAME, service-account:NAME or group:NAME.", shortened(urn));
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches() && !RESERVED.contains(text);
    }

    static String checkedName(String name) {
        if (isName(name)) return name;
        throw INVALID_ARGUMENT.because(
                "'%s' cannot be a name here, expected 1 to 128 of A-Z, a-z, 0-9 and _.@+- that begin with a letter, a"
                        + " digit or _, and none of %s.",
                shortened(name), String.join(", ", RESERVED.stream().sorted().toList()));
    }

    /// What comes nearest to a text and is written as a name is.
    static String nameLike(String text) {
        String cut = text.length() <= LONGEST_GIVEN ? text : text.substring(0, LONGEST_GIVEN);
        String name = NOT_OF_NAME.matcher(cut).replaceAll("_");
        if (!SAYS_SOMETHING.matcher(name).find()) return "user";
        return NAME.matcher(name).matches() ? name : "_" + name;
    }

    private static String shortened(String text) {
        return text.length() <= 130 ? text : text.substring(0, 130) + "…";
    }

    public String urn() {
        return kind.word() + ":" + name;
    }
}

package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Right;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A set of rights with a name.
public enum Role {
    VIEWER(EnumSet.of(Right.READ)),
    CONTRIBUTOR(EnumSet.of(Right.READ, Right.WRITE, Right.ALIAS, Right.ASSESS)),
    APPROVER(EnumSet.of(Right.READ, Right.APPROVE)),
    AUDITOR(EnumSet.of(Right.READ, Right.AUDIT)),
    MAINTAINER(EnumSet.complementOf(EnumSet.of(Right.ADMIN))),
    ADMIN(EnumSet.allOf(Right.class)),
    ALIAS_ONLY(EnumSet.of(Right.READ, Right.ALIAS)),
    ASSESSMENT_ONLY(EnumSet.of(Right.READ, Right.ASSESS));

    private final Set<Right> rights;

    Role(EnumSet<Right> rights) {
        this.rights = Collections.unmodifiableSet(rights);
    }

    public Set<Right> rights() {
        return rights;
    }

    /// As people write it: `alias-only`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Role of(String word) {
        return Arrays.stream(values())
                .filter(role -> role.word().equals(word))
                .findFirst()
                .orElseThrow(() -> INVALID_ARGUMENT.because(
                        "There is no role '%s', expected one of %s.",
                        word, Arrays.stream(values()).map(Role::word).collect(Collectors.joining(", "))));
    }

    static Right right(String word) {
        return Arrays.stream(Right.values())
                .filter(right -> right != Right.ADMIN && right.name().equalsIgnoreCase(word))
                .findFirst()
                .orElseThrow(() -> INVALID_ARGUMENT.because(
                        "'%s' cannot be denied, expected one of read, write, alias, assess, approve, audit, manage.",
                        word));
    }
}

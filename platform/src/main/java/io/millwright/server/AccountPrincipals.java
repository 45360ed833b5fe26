package io.millwright.server;

import io.millwright.governance.AccessService;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.registry.promotion.Principals;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// Who there is for a promotion's policy: the users, service accounts and groups of this server.
final class AccountPrincipals implements Principals {
    private final AccessService access;

    AccountPrincipals(AccessService access) {
        this.access = access;
    }

    @Override
    public boolean exists(String principal) {
        return found(() -> access.account(principal)).isPresent();
    }

    @Override
    public boolean groupExists(String group) {
        return found(() -> access.group(group)).isPresent();
    }

    @Override
    public Optional<Set<String>> members(String group) {
        return Optional.of(found(() -> access.members(group)).map(Set::copyOf).orElse(Set.of()));
    }

    private static <T> Optional<T> found(Supplier<T> question) {
        // Whoever asks for a promotion need not be allowed to look into accounts; the policy does.
        RequestContext asking = RequestContext.current();
        var system = new RequestContext(asking.requestId(), Principal.SYSTEM, asking.workspace());
        try {
            return Optional.of(system.call(question::get));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND) return Optional.empty();
            throw e;
        }
    }
}

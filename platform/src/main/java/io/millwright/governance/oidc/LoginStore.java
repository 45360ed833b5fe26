package io.millwright.governance.oidc;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The SQL of logins that were begun.
final class LoginStore {
    void insert(Sql sql, String state, Login login, Instant expiresAt) {
        sql.update(
                "insert into access_logins (state, browser, nonce, verifier, redirect_uri, return_to, expires_at)"
                        + " values (?, ?, ?, ?, ?, ?, ?)",
                state,
                login.browser(),
                login.nonce(),
                login.verifier(),
                login.redirectUri(),
                login.returnTo(),
                expiresAt.toEpochMilli());
    }

    /// The login of a state, unless it has expired; there is none any more afterwards.
    Optional<Login> take(Sql sql, String state, Instant now) {
        List<Login> found = sql.query(
                "select browser, nonce, verifier, redirect_uri, return_to from access_logins"
                        + " where state = ? and expires_at > ?",
                row -> new Login(
                        row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getString(5)),
                state,
                now.toEpochMilli());
        sql.update("delete from access_logins where state = ?", state);
        return found.stream().findFirst();
    }

    void deleteExpired(Sql sql, Instant now) {
        sql.update("delete from access_logins where expires_at <= ?", now.toEpochMilli());
    }

    /// Of more, the oldest go.
    void keepNewest(Sql sql, int count) {
        sql.update("delete from access_logins where no <= (select max(no) from access_logins) - ?", count);
    }
}

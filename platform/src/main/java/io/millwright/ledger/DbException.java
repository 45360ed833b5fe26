package io.millwright.ledger;

import java.sql.SQLException;

/// The database refused a statement for a reason that is not the caller's.
public final class DbException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DbException(SQLException cause) {
        super(cause);
    }
}

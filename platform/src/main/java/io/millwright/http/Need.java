package io.millwright.http;

import io.millwright.kernel.Right;

/// The least that a route needs of its caller, asked before the body is read. What it needs on an entity the
/// facade asks for.
public enum Need {
    /// Nothing: anybody who reaches the server.
    PUBLIC,
    /// To be somebody.
    SIGNED_IN,
    READ,
    WRITE,
    ALIAS,
    ASSESS,
    APPROVE,
    AUDIT,
    MANAGE,
    ADMIN;

    /// The right that must be held somewhere in the workspace; not of [#PUBLIC] and [#SIGNED_IN].
    public Right right() {
        return Right.valueOf(name());
    }

    static Need ofMethod(String method) {
        return method.equals("GET") ? READ : WRITE;
    }
}

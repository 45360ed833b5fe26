/// Who somebody is, what they may do, and what was done: identities, roles, audit. Reads the ledger; others ask it only
/// "may I?".
@NullMarked
package io.millwright.governance;

import org.jspecify.annotations.NullMarked;

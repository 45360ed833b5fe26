/// What happened: the metadata database, its transactions and migrations, and the hash-chained event ledger.
@NullMarked
package io.millwright.ledger;

import org.jspecify.annotations.NullMarked;

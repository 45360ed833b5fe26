/// DuckDB, opened in one way: within caps, reaching no file or network it was not given.
@NullMarked
package io.millwright.lake.duck;

import org.jspecify.annotations.NullMarked;

/// Files that become versions of datasets: read, inferred, compared, mapped, written.
@NullMarked
package io.millwright.lake.ingest;

import org.jspecify.annotations.NullMarked;

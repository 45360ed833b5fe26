/// Files of datasets, written again so that they are read faster.
@NullMarked
package io.millwright.lake.rewrite;

import org.jspecify.annotations.NullMarked;

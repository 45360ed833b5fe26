/// The words everybody uses: ids, errors, time, pages, principals. Touches nothing.
@NullMarked
package io.millwright.kernel;

import org.jspecify.annotations.NullMarked;

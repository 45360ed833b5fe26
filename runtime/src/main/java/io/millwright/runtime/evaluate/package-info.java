/// Models computed: row by row without an allocation, or in batches.
@NullMarked
package io.millwright.runtime.evaluate;

import org.jspecify.annotations.NullMarked;

/// What the columns of datasets hold, in sketches that merge; and rules that they must keep.
@NullMarked
package io.millwright.lake.profiles;

import org.jspecify.annotations.NullMarked;

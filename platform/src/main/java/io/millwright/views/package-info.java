/// Views of run tables that somebody has saved: under a name, for themselves or for everybody.
@NullMarked
package io.millwright.views;

import org.jspecify.annotations.NullMarked;

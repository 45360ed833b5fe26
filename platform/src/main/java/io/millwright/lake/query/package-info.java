/// Users' SQL over the datasets of the lake, where it can reach nothing else.
@NullMarked
package io.millwright.lake.query;

import org.jspecify.annotations.NullMarked;

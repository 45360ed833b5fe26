/// How a domain speaks HTTP: routes, calls, replies and error dialects. Knows no domain.
@NullMarked
package io.millwright.http;

import org.jspecify.annotations.NullMarked;

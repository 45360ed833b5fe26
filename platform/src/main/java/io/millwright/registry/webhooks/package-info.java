/// Webhooks: who wants to hear of which events of the registry, and telling them.
@NullMarked
package io.millwright.registry.webhooks;

import org.jspecify.annotations.NullMarked;

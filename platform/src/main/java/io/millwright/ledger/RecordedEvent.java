package io.millwright.ledger;

/// An event as it stands in the chain.
///
/// @param seq the number under which it was written
/// @param block where it was sealed
/// @param position in its block, from 0
public record RecordedEvent(Event event, long seq, long block, int position) {}

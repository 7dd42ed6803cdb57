// Package history owns the facts of a run: what the driver tried, what the
// readers saw, which faults were shown to act, and when. The judge defines the
// evidence that it accepts, so the record kinds live beside the checker; they
// know no broker and no client.
//
// A run is a directory (see Dir). Its file history.bin is an append-only stream
// of blocks, written while the run happens. A record carries its length, so a
// reader skips kinds that it does not know, and a harness killed at any moment
// leaves a file that reads up to its last whole block.
package history

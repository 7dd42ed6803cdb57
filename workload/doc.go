// Package workload offers keyed records to a system under test on an open-loop
// schedule, records what was tried and what was seen, and decides when nothing
// more will come. It knows no broker: clients live in the packages below it and
// implement Source and Sink.
package workload

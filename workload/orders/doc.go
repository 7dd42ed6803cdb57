// Package orders is a recording client of services that take orders over HTTP, as a
// workload.Source.
package orders

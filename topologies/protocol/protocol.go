// Package protocol lists what can be named of the protocols whose messages can be
// intercepted: their requests and their errors. It is data; the codecs of
// topologies/wire read and write the messages.
package protocol

import (
	"maps"
	"slices"
	"strings"
)

// Protocol is what can be named of one protocol.
type Protocol struct {
	Name     string
	Requests map[string]int16 // number of a request on the wire, by its name
	Errors   map[string]int16 // number of an error in an answer, by its name
	Records  []string         // requests whose messages, or their answers, carry records
}

// Request finds a request by its name in any case.
func (p Protocol) Request(name string) (int16, bool) { return find(p.Requests, name) }

// Error finds an error by its name in any case.
func (p Protocol) Error(name string) (int16, bool) { return find(p.Errors, name) }

// RequestNames lists all requests by name.
func (p Protocol) RequestNames() []string { return slices.Sorted(maps.Keys(p.Requests)) }

// ErrorNames lists all errors by name.
func (p Protocol) ErrorNames() []string { return slices.Sorted(maps.Keys(p.Errors)) }

func find(in map[string]int16, name string) (int16, bool) {
	if n, ok := in[name]; ok {
		return n, true
	}
	for known, n := range in {
		if strings.EqualFold(known, name) {
			return n, true
		}
	}
	return 0, false
}

package services

import (
	"context"
	"errors"

	"surety/topologies/names"
)

// Service is one reference or planted service.
type Service struct {
	Name  string
	About string // one sentence for people

	// Declares is the delivery guarantee that it claims, of the events of committed
	// rows or of the effects of events. Order is key where the order of each key is
	// claimed too, else none.
	Declares string
	Order    string

	// Points are where it can be told to end itself; none: it takes no orders, but
	// reads a topic.
	Points []string
	// Table is where a consumer has its effects.
	Table string

	// Broken marks a planted one. The other fields are set for planted ones only.
	Broken bool
	Twin   string // the correct service to run beside it
	Breaks string // class of the violation: lost, duplicated, regressed
	Under  string // fault that shows it; empty: it needs none

	// Run serves until the context ends. An error says why it could not go on.
	Run func(ctx context.Context, cfg Config) error
}

// Serves tells whether it takes orders over HTTP.
func (s Service) Serves() bool { return len(s.Points) > 0 }

// All lists every service: the patterns of emission, the consumers, the planted ones.
var All = []Service{
	direct,
	directBeforeCommit,
	outbox,
	cdc,
	twoPhase,

	upsert,
	inbox,
	inboxTTL,

	outboxMaxID,
	outboxUnlockedRelays,
	cdcSlotRecreated,
	upsertUnversioned,
	inboxShortTTL,
}

// Find gives the service of that name. The error for an unknown name lists the known
// ones.
func Find(name string) (Service, error) {
	known := make([]string, len(All))
	for i, s := range All {
		if s.Name == name {
			return s, nil
		}
		known[i] = s.Name
	}
	return Service{}, errors.New(names.Unknown("service", name, known))
}

package services

import (
	"context"

	"github.com/jackc/pgx/v5"
)

var direct = Service{
	Name:     "direct",
	About:    "Commits the row, then writes the event: what ends it in between loses the event.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   directPoints,
	Run: serving(directPoints, func(_ context.Context, s *shop) (taker, error) {
		return taker{take: s.direct}, nil
	}),
}

var directPoints = []string{BeforeTransaction, InsideTransaction, AfterCommit, AfterEmit}

func (s *shop) direct(ctx context.Context, o order) error {
	changed, err := s.change(ctx, o, nil)
	if err != nil || !changed {
		return err
	}
	s.points.pass(AfterCommit)
	if err := s.emit(ctx, o); err != nil {
		return err
	}
	s.points.pass(AfterEmit)
	return nil
}

var directBeforeCommit = Service{
	Name:     "direct-before-commit",
	About:    "Writes the event inside the transaction, then commits: what ends it in between leaves an event without a row.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   directPoints,
	Run: serving(directPoints, func(_ context.Context, s *shop) (taker, error) {
		return taker{take: s.directBeforeCommit}, nil
	}),
}

func (s *shop) directBeforeCommit(ctx context.Context, o order) error {
	changed, err := s.change(ctx, o, func(pgx.Tx) error {
		s.points.pass(InsideTransaction)
		if err := s.emit(ctx, o); err != nil {
			return err
		}
		s.points.pass(AfterEmit)
		return nil
	})
	if err == nil && changed {
		s.points.pass(AfterCommit)
	}
	return err
}

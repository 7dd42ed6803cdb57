package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// pingWithin bounds one question.
const pingWithin = 2 * time.Second

// Ping asks once whether the database answers and takes writes: a server that recovers
// from a crash does neither.
func Ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	defer func() { _ = c.Close(ctx) }()
	var recovers bool
	if err := c.QueryRow(ctx, "select pg_is_in_recovery()").Scan(&recovers); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if recovers {
		return fmt.Errorf("the database is in recovery and takes no writes")
	}
	return nil
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"surety/topologies"
)

// Wipe implements topologies.Wiper: everything in the directory of its own goes.
func (p *process) Wipe(context.Context) error {
	if p.runs() {
		return fmt.Errorf("empty the directory of %s: it runs", p.id)
	}
	entries, err := os.ReadDir(p.own)
	if err != nil {
		return fmt.Errorf("empty the directory of %s: %w", p.id, err)
	}
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(p.own, e.Name())))
	}
	if err != nil {
		return fmt.Errorf("empty the directory of %s: %w", p.id, err)
	}
	return nil
}

// Stored implements topologies.Wiper.
func (p *process) Stored(ctx context.Context) (topologies.Stored, error) {
	var s topologies.Stored
	err := filepath.WalkDir(p.own, func(_ string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.Files++
		s.Bytes += info.Size()
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("look what %s has stored: %w", p.id, err)
	}
	return s, nil
}

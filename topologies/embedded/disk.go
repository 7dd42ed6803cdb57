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
	return p.empty()
}

// furnish puts into the directory what the process is to find there at its start.
func (p *process) furnish() error {
	if p.forgets && p.starts > 0 {
		if err := p.empty(); err != nil {
			return err
		}
	}
	for name, text := range p.files {
		file := filepath.Join(p.own, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			return fmt.Errorf("give %s its file %s: %w", p.id, name, err)
		}
	}
	return nil
}

func (p *process) empty() error {
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
	err := filepath.WalkDir(p.own, func(path string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		if name, err := filepath.Rel(p.own, path); err == nil && p.gave(name) {
			return nil
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

// gave tells whether the file was put there for the process.
func (p *process) gave(name string) bool {
	_, is := p.files[filepath.ToSlash(name)]
	return is
}

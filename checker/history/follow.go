package history

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Follow reads the history while it is written: its Next waits for records until
// the writer is closed or has failed. Who records is not held back by it. The
// caller closes the reader.
func (w *Writer) Follow() (*Reader, error) {
	f, err := os.Open(w.path)
	if err != nil {
		return nil, fmt.Errorf("history %s cannot be read: %w", w.path, cause(err))
	}
	r, err := newReader(w.path, &growing{spool: w.spool, file: f})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.closer = f
	return r, nil
}

// growing is a file that a spool writes: whole blocks of it.
type growing struct {
	spool *spool
	file  io.ReaderAt
	at    int64
}

func (g *growing) Read(p []byte) (int, error) {
	s := g.spool
	s.mu.Lock()
	for g.at == s.written && !s.over && s.err == nil {
		s.changed.Wait()
	}
	n := min(int64(len(p)), s.written-g.at)
	s.mu.Unlock()
	if n == 0 {
		return 0, io.EOF
	}
	got, err := g.file.ReadAt(p[:n], g.at)
	g.at += int64(got)
	if got > 0 {
		err = nil // what is wrong comes again
	}
	return got, err
}

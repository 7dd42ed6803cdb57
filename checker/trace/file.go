package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"surety/checker/history"
)

// zstdMagic starts a Zstandard frame (RFC 8878, 3.1.1).
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// File is a trace that can be read again from its start: what stood in the file
// when it was opened.
type File struct {
	name   string // for people
	file   *os.File
	size   int64
	packed bool
	spool  bool // a temporary file of our own
	keys   *keys
}

// Open opens a trace: plain or compressed with Zstandard, by name (.zst) or by
// content; "-" is stdin. What is no regular file is kept in a temporary one until
// Close. A cancelled context ends the waiting for stdin.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f := &File{name: path, keys: newKeys()}
	if path == "-" {
		f.name = "stdin"
		return f, f.keep(ctx, stdin)
	}
	in, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unreadable(path, err)
	}
	info, err := in.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(unreadable(path, err), in.Close())
	case info.IsDir():
		return nil, errors.Join(fmt.Errorf("the trace %s cannot be read: it is a directory", path), in.Close())
	case !info.Mode().IsRegular():
		err := f.keep(ctx, in)
		return f, errors.Join(err, in.Close())
	}
	f.file = in
	if err := f.look(); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return f, nil
}

func unreadable(name string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return fmt.Errorf("the trace %s cannot be read: %w", name, err)
}

// keep copies what can be read only once into a temporary file.
func (f *File) keep(ctx context.Context, in io.Reader) error {
	spool, err := os.CreateTemp("", "trace-*")
	if err != nil {
		return fmt.Errorf("the trace %s cannot be kept while it is judged: %w", f.name, err)
	}
	f.file, f.spool = spool, true
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(spool, in)
		copied <- err
	}()
	select {
	case err = <-copied:
		if err != nil {
			err = unreadable(f.name, err)
		} else {
			err = f.look()
		}
	case <-ctx.Done(): // the copying ends with its next write, or with its input
		err = ctx.Err()
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// look finds out how much there is, and how it is packed.
func (f *File) look() error {
	info, err := f.file.Stat()
	if err != nil {
		return unreadable(f.name, err)
	}
	f.size = info.Size()
	head := make([]byte, len(zstdMagic))
	n, err := f.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(f.name, err)
	}
	f.packed = bytes.Equal(head[:n], zstdMagic) || strings.HasSuffix(f.name, ".zst")
	return nil
}

// Reader reads the trace from its start. The readers of a file follow each other:
// they share its keys. The caller closes each.
func (f *File) Reader(ctx context.Context) (*Reader, error) {
	r := newReader(ctx, f.name, io.NewSectionReader(f.file, 0, f.size), f.keys)
	if f.packed {
		unpack, err := zstd.NewReader(r.in)
		if err != nil {
			return nil, unreadable(f.name, err)
		}
		r.in, r.unpack = unpack, unpack
	}
	return r, nil
}

// Close closes the file, and removes it if it was a temporary one.
func (f *File) Close() error {
	err := f.file.Close()
	if f.spool {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	return err
}

// keys interns keys: the same ones for each pass over a file.
type keys struct {
	ids   map[string]history.Name
	texts []string

	naming sync.RWMutex // texts are asked for while keys are added
}

func newKeys() *keys {
	return &keys{ids: map[string]history.Name{"": 0}, texts: []string{""}}
}

func (n *keys) of(text []byte) history.Name {
	if id, known := n.ids[string(text)]; known {
		return id
	}
	id := history.Name(len(n.texts)) //nolint:gosec // memory ends first
	own := string(text)
	n.ids[own] = id
	n.naming.Lock()
	n.texts = append(n.texts, own)
	n.naming.Unlock()
	return id
}
